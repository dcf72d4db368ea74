//! What designers ask for in the game.

use engine::port::{DraftWish, Stop};
use tokio::sync::mpsc;

use super::acts::WorldRequest;
use super::publisher::Publisher;

/// The longest answer in the game, in characters; a command line shows all.
const TEXT_MAX: usize = 4_000;
/// Below one that is longer.
const MORE: &str = "… (more by `kadath world`)";

/// Does what is wished in the world, one after another.
pub(crate) async fn serve_wishes(
    publisher: Publisher,
    mut wishes: mpsc::Receiver<DraftWish>,
    stop: Stop,
) {
    loop {
        let DraftWish { by, name, act } = tokio::select! {
            wish = wishes.recv() => match wish {
                Some(wish) => wish,
                None => return,
            },
            () = stop.cancelled() => return,
        };
        let told = publisher
            .act_for(
                Some(by),
                WorldRequest {
                    author: name,
                    draft: None,
                    act: act.into(),
                },
            )
            .await;
        if let Some(live) = publisher.live() {
            live.tell(Some(by), shortened(told.text()), None);
        }
    }
}

/// As much of an answer as is shown in the game.
fn shortened(text: String) -> String {
    match text.char_indices().nth(TEXT_MAX) {
        None => text,
        Some((end, _)) => format!("{}\n{MORE}", &text[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_answer_says_where_the_rest_is() {
        let whole = "ü".repeat(TEXT_MAX);
        assert_eq!(shortened(whole.clone()), whole);
        assert_eq!(shortened(format!("{whole}!")), format!("{whole}\n{MORE}"));
    }
}
