//! What is there when a character is loaded, and what if it can't be.

use super::*;

fn saved(rows: &[Row]) -> SavedRows {
    rows.iter()
        .map(|row| ((row.id, row.component.clone()), row.clone()))
        .collect()
}

fn restored(plugin: impl Plugin, rows: &[Row]) -> Stage {
    Stage::restored(plugin, Seed(1), saved(rows), STAGE_START).unwrap()
}

#[test]
fn unreadable_character_row_refuses_sign_in_keeps_rows() {
    let ann = StableId::named("ann");
    for (version, body) in [(1, "\"gold\""), (1, "{"), (2, "7")] {
        let rows = [
            row(ann, "coins", version, Owner::Character(ann), body),
            row(ann, "halo", 1, Owner::Character(ann), "true"),
        ];
        let mut stage = restored(game, &rows);
        stage.enter("ann");
        let refused = stage.ears("ann").refused.map(|refusal| refusal.code);
        assert_eq!(refused, Some(Code::InternalError), "{body}");
        assert_eq!(living(stage.engine(), "ann"), None);
        stage.pass(Duration::from_secs(1));
        assert_eq!(stage.saved(), &saved(&rows));
    }
}

#[test]
fn unreadable_world_row_refuses_start() {
    let well = StableId::named("well");
    let setup = Setup {
        rows: vec![row(well, "coins", 1, Owner::World, "\"wet\"")],
        ..Setup::default()
    };
    let fault = Engine::build(setup, game).unwrap_err();
    assert!(matches!(fault, EngineFault::Saved(_)));
    for word in ["coins", "version 1", &well.to_string()] {
        assert!(fault.to_string().contains(word), "{fault}");
    }
}

#[test]
fn unknown_component_row_is_left_alone() {
    let ann = StableId::named("ann");
    let halo = row(ann, "halo", 3, Owner::Character(ann), "{\"bright\":true}");
    let mut stage = restored(game, std::slice::from_ref(&halo));
    stage.enter("ann");
    stage.says("ann", "earn");
    stage.tick();
    stage.leaves("ann");
    stage.pass(Duration::from_secs(1));
    assert_eq!(stage.saved()[&(ann, "halo".to_owned())], halo);
}

/// Coins once; since version 3 they are told apart by metal.
#[derive(Component, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
struct Metals {
    silver: u64,
    gold: u64,
}

fn mint(reg: &mut Registrar<'_>) {
    reg.persist_versioned::<Metals>("metals", 3, |version, old| match version {
        1 => Ok(serde_json::json!({ "silver": old, "gold": 0 })),
        2 => Ok(serde_json::json!({ "silver": old[0], "gold": old[1] })),
        _ => Err("no such mint".to_owned()),
    })
    .character::<Metals>();
}

#[test]
fn older_component_version_is_migrated() {
    let ann = StableId::named("ann");
    for (version, body, silver, gold) in [
        (1, "7", 7, 0),
        (2, "[7,2]", 7, 2),
        (3, r#"{"silver":7,"gold":2}"#, 7, 2),
    ] {
        let mut stage = restored(
            mint,
            &[row(ann, "metals", version, Owner::Character(ann), body)],
        );
        stage.enter("ann");
        assert_eq!(stage.component::<Metals>("ann"), Metals { silver, gold });
        stage.tick();
        let now = &stage.saved()[&(ann, "metals".to_owned())];
        assert_eq!((now.version, now.body.contains("silver")), (3, true));
    }
    let mut stage = restored(mint, &[row(ann, "metals", 0, Owner::Character(ann), "7")]);
    stage.enter("ann");
    assert!(stage.ears("ann").refused.is_some());
}

#[test]
fn sign_in_refusal_carries_storage_message() {
    let mut engine = bare(game);
    let mut first = input(50, 0);
    first.heard = vec![arrival(1, "ann")];
    let asked = engine.tick(first).asks;
    let (character, session) = (StableId::named("ann"), SessionId(1));
    assert_eq!(asked, [StoreAsk::Load { character, session }]);
    let refusal = Refusal::of(Code::DatabaseConnectionError).after_ms(2_000);
    let mut second = input(100, 0);
    second.stored = vec![StoreReply::Unavailable {
        character,
        session,
        refusal: refusal.clone(),
    }];
    let said = engine.tick(second).emission.said;
    assert!(
        matches!(&said[..], [Outbound::Refused { refusal: said, .. }] if *said == refusal),
        "{said:?}"
    );
    let mut again = input(150, 0);
    again.heard = vec![arrival(2, "ann")];
    assert_eq!(engine.tick(again).asks.len(), 1, "and may be tried again");
}
