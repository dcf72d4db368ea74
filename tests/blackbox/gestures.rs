//! The gestures of the shipped world.

use engine::stage::Stage;
use systems::Settings;
use systems::command::CommandLimits;

use crate::harness::shipped;

#[test]
fn shipped_gestures_are_each_one_word() {
    let world = shipped();
    let words = world.get::<systems::chat::Emotes>().unwrap().words();
    assert!(words.len() >= 40, "only {} gestures", words.len());
    let settings = Settings {
        commands: CommandLimits {
            commands_per_second: 0,
            lines_per_tick: 1,
        },
        chat: systems::chat::ChatLimits::default().with(systems::chat::Channel::Emote, 0),
        ..Settings::default()
    };
    let mut stage = Stage::new(systems::game(world, settings)).unwrap();
    stage.enter("Ann");
    stage.enter("Bob");
    for word in words {
        stage.ears("Bob");
        stage.says("Ann", &word);
        stage.tick();
        let mut seen = stage.ears("Bob").events("chat_message");
        // Whom they meet there may greet them.
        seen.retain(|one| one["player_name"] == "Ann");
        assert_eq!(seen.len(), 1, "{word} is another verb's word");
        assert_eq!(seen[0]["original_content"], word.as_str());
    }
}
