//! Who is an admin and who is banned: at once here, and as the account store says otherwise.

use std::time::Duration;

use engine::port::{
    AccountAct, AccountId, AccountOrder, Arrival, Banned, Body, BridgeIn, Code, Content,
    Correlation, Inbound, Leaving, OrderAct, Role, SessionId, StableId, Standings, StoreReply,
    Unheeded, WorldTime,
};
use engine::stage::{STAGE_START, SavedRows, Stage};

use super::orders::ordered;
use super::{node, posted};

const DAYS: u64 = 86_400_000_000;

fn account(name: &str) -> AccountId {
    AccountId(StableId::named(name).uuid())
}

/// A world with an admin Ada and somebody called Bob.
fn stage(bob: Role) -> Stage {
    let mut stage = node(SavedRows::new(), STAGE_START, 10);
    stage.enter_as("Ada", Role::Admin);
    stage.enter_as("Bob", bob);
    for name in ["Ada", "Bob"] {
        stage.ears(name);
    }
    stage.parcels();
    stage
}

/// What comes of a line that is typed now.
fn outcome(stage: &mut Stage, name: &str, line: &str) -> Result<String, Code> {
    stage.says(name, line);
    stage.tick();
    let ended = stage.ears(name).outcomes.pop();
    let ended = ended.unwrap_or_else(|| panic!("{line}: no outcome"));
    match ended.result {
        Ok(said) => Ok(said.unwrap_or_default()),
        Err(refusal) => Err(refusal.code),
    }
}

/// Whether an admin's verbs are there: to others they don't exist.
fn is_admin(stage: &mut Stage, name: &str) -> bool {
    outcome(stage, name, "admin time").is_ok()
}

fn orders(stage: &Stage) -> Vec<(WorldTime, AccountOrder)> {
    let facts = stage.facts().iter();
    facts
        .filter_map(|fact| Some((fact.at, AccountOrder::of(fact)?)))
        .collect()
}

fn admins(stage: &mut Stage, names: &[&str], as_of: u64) {
    let mut admins: Vec<AccountId> = names.iter().map(|name| account(name)).collect();
    admins.sort_unstable();
    stage.set_standings(Standings {
        as_of,
        admins,
        ..Standings::default()
    });
}

#[test]
fn minute_ban_ends_after_wall_minute() {
    let mut stage = stage(Role::Player);
    // One run was under a clock 400 days ahead.
    let behind = 400 * DAYS;
    stage.set_wall_offset(-behind.cast_signed());
    let told = outcome(&mut stage, "Ada", "ban Bob 1").unwrap();
    assert!(told.contains("for 1 min"), "{told}");
    stage.tick();
    let wall = |stage: &Stage| WorldTime(stage.now().0 - behind);
    let [(at, order)] = orders(&stage).try_into().unwrap();
    let AccountAct::Ban { until, .. } = order.act else {
        panic!("{order:?}");
    };
    let until = until.unwrap();
    assert!(at <= wall(&stage) && wall(&stage).since(at) < Duration::from_secs(1));
    assert_eq!(until.since(at), Duration::from_secs(60));
    let (who, ban) = stage.bans()[0].clone();
    assert_eq!((who, ban.unwrap().until), (account("Bob"), Some(until)));

    stage.enter("Bob");
    assert_eq!(stage.ears("Bob").closed, Some(Leaving::Kicked));
    stage.pass(Duration::from_secs(61));
    stage.enter("Bob");
    assert_eq!(stage.ears("Bob").closed, None, "the minute is over");
}

#[test]
fn mute_and_order_times_are_the_wall_clocks() {
    let mut stage = stage(Role::Player);
    stage.bridged(BridgeIn::Awake {
        node: "south".into(),
        players: Vec::new(),
    });
    stage.set_wall_offset(DAYS.cast_signed());
    outcome(&mut stage, "Ada", "mute_global Bob 5 noise").unwrap();
    outcome(&mut stage, "Ada", "order south kick Cat").unwrap();
    stage.tick();
    let now = WorldTime(stage.now().0 + DAYS);
    let untils: Vec<_> = posted(&mut stage)
        .into_iter()
        .filter_map(|one| match one.body {
            Body::Content(Content::Sanction(sanction)) => sanction.until,
            Body::Content(Content::Order(order)) => Some(order.until),
            _ => None,
        })
        .map(|until| until.since(now).as_secs().div_ceil(60))
        .collect();
    assert_eq!(untils, [5, 10]);
    assert_eq!(
        outcome(&mut stage, "Bob", "say hello"),
        Err(Code::AuthorizationDenied)
    );
    stage.pass(Duration::from_secs(301));
    assert!(outcome(&mut stage, "Bob", "say hello").is_ok());
}

#[test]
fn revoke_takes_all_powers_at_once() {
    let mut stage = stage(Role::Admin);
    assert!(is_admin(&mut stage, "Bob"));
    for line in ["kick Bob", "ban Bob"] {
        assert_eq!(
            outcome(&mut stage, "Ada", line),
            Err(Code::AuthorizationDenied)
        );
    }
    assert_eq!(
        outcome(&mut stage, "Ada", "revoke Ada"),
        Err(Code::InvalidInput)
    );
    stage.ears("Bob");
    outcome(&mut stage, "Ada", "remove_admin Bob he shouts").unwrap();
    let heard = stage.heard("Bob");
    assert!(heard.contains("You are no keeper"), "{heard}");
    assert!(!is_admin(&mut stage, "Bob"));
    // The store does not know yet, and says so to whoever signs in or asks.
    stage.enter_as("Bob", Role::Admin);
    assert!(!is_admin(&mut stage, "Bob"));
    admins(&mut stage, &["Ada", "Bob"], 0);
    stage.pass(Duration::from_secs(5));
    assert!(!is_admin(&mut stage, "Bob"));
    let now = stage.engine().last_tick();
    admins(&mut stage, &["Ada"], now);
    stage.pass(Duration::from_secs(5));
    assert!(!is_admin(&mut stage, "Bob"));
    let given: Vec<_> = orders(&stage)
        .into_iter()
        .map(|(_, order)| order.act)
        .collect();
    assert_eq!(given, [AccountAct::Grant { role: Role::Player }]);
    outcome(&mut stage, "Ada", "ban Bob").unwrap();
    // Once the store has it, what it says later holds again.
    admins(&mut stage, &["Ada", "Bob"], now);
    stage.enter_as("Bob", Role::Admin);
}

#[test]
fn revoke_reaches_all_characters_of_an_account() {
    let mut stage = stage(Role::Admin);
    stage.inbound(Inbound::Arrive(Arrival {
        session: SessionId(77),
        correlation: Correlation(77),
        account: account("Bob"),
        character: StableId::named("Bobby"),
        name: "Bobby".to_owned(),
        profession: None,
        seed: None,
        role: Role::Admin,
        guest: false,
        created_at: STAGE_START,
    }));
    stage.tick();
    stage.tick();
    outcome(&mut stage, "Ada", "revoke Bobby").unwrap();
    assert!(!is_admin(&mut stage, "Bob"));
    assert!(outcome(&mut stage, "Ada", "kick Bobby").is_ok());
}

#[test]
fn store_changes_roles_of_those_who_play() {
    let mut stage = stage(Role::Admin);
    assert!(is_admin(&mut stage, "Bob"));
    let now = stage.engine().last_tick();
    admins(&mut stage, &["Ada"], now);
    stage.pass(Duration::from_secs(3));
    let heard = stage.heard("Bob");
    assert!(heard.contains("You are no keeper"), "{heard}");
    assert!(!is_admin(&mut stage, "Bob"));
    let recorded = |stage: &Stage, verb: &str| {
        let verb = format!("\"verb\":\"{verb}\"");
        stage.facts().iter().any(|fact| fact.detail.contains(&verb))
    };
    assert!(recorded(&stage, "revoke"));
    // Whom the store calls no admin can be sent away and kept out.
    assert!(outcome(&mut stage, "Ada", "kick Bob").is_ok());
    stage.enter("Bob");
    admins(&mut stage, &["Ada", "Bob"], now);
    stage.pass(Duration::from_secs(3));
    assert!(is_admin(&mut stage, "Bob"));
    assert!(recorded(&stage, "grant"));
}

#[test]
fn store_ends_sessions_of_the_banned() {
    let mut stage = stage(Role::Player);
    let ban = Banned {
        account: account("Bob"),
        until: None,
        reason: "noise".to_owned(),
    };
    stage.set_standings(Standings {
        admins: vec![account("Ada")],
        banned: vec![ban],
        ..Standings::default()
    });
    stage.pass(Duration::from_secs(3));
    let ears = stage.ears("Bob");
    assert_eq!(ears.closed, Some(Leaving::Kicked));
    assert!(
        ears.text()
            .contains("You are banned until it is lifted: noise")
    );
}

#[test]
fn role_of_absent_account_follows_store() {
    let mut stage = stage(Role::Admin);
    stage.leaves("Bob");
    stage.tick();
    assert_eq!(
        outcome(&mut stage, "Ada", "ban Bob"),
        Err(Code::AuthorizationDenied)
    );
    admins(&mut stage, &["Ada"], 0);
    stage.pass(Duration::from_secs(3));
    assert!(outcome(&mut stage, "Ada", "ban Bob").is_ok());
}

#[test]
fn order_without_effect_is_told_and_undone() {
    let mut stage = stage(Role::Player);
    stage.leaves("Bob");
    stage.tick();
    outcome(&mut stage, "Ada", "ban Bob").unwrap();
    stage.tick();
    let (_, order) = orders(&stage).pop().unwrap();
    stage.ears("Ada");
    stage.stored(StoreReply::Unheeded {
        order,
        why: Unheeded::Admin,
    });
    stage.tick();
    let heard = stage.heard("Ada");
    assert!(
        heard.contains("Nothing came of the ban of Bob: that is a keeper, too."),
        "{heard}"
    );
    assert_eq!(stage.bans().last(), Some(&(account("Bob"), None)));
    stage.enter_as("Bob", Role::Admin);
    assert_eq!(stage.ears("Bob").closed, None);
}

#[test]
fn revoke_is_ordered_on_other_nodes_and_obeyed() {
    let mut stage = stage(Role::Admin);
    stage.bridged(BridgeIn::Awake {
        node: "south".into(),
        players: Vec::new(),
    });
    stage.tick();
    outcome(&mut stage, "Ada", "revoke Bob").unwrap();
    stage.tick();
    let sent = posted(&mut stage).pop().unwrap();
    let Body::Content(Content::Order(order)) = sent.body else {
        panic!("{sent:?}");
    };
    let expected = OrderAct::Revoke {
        character_id: StableId::named("Bob"),
        name: "Bob".to_owned(),
        account_id: account("Bob"),
    };
    assert_eq!(order.act, expected);

    let mut there = self::stage(Role::Admin);
    there.bridged(ordered(1, 1, expected));
    there.tick();
    let heard = there.heard("Bob");
    assert!(heard.contains("You are no keeper"), "{heard}");
    assert!(!is_admin(&mut there, "Bob"));
    there.tick();
    // As an order of its own, so that the database never says less than this node.
    let (_, order) = orders(&there).pop().unwrap();
    assert_eq!(order.act, AccountAct::Grant { role: Role::Player });
}

#[test]
fn admins_speech_is_marked() {
    let mut stage = stage(Role::Player);
    for name in ["Ada", "Bob"] {
        stage.says(name, "say hello");
    }
    stage.tick();
    let said = stage.ears("Bob").events("chat_message");
    let marked: Vec<_> = said
        .iter()
        .map(|line| (line["player_name"].as_str().unwrap(), line["admin"] == true))
        .collect();
    assert_eq!(marked, [("Ada", true), ("Bob", false)]);
    assert!(said[1].get("admin").is_none());
}
