//! Lists made at random: points stay in bounds, and the same list from the same state comes to the
//! same.

use engine::stage::Stage;
use proptest::prelude::*;
use systems::body::Vitals;
use systems::lucidity::Lucidity;

use super::{open, town};

fn effect() -> BoxedStrategy<String> {
    let points = prop_oneof![
        (-30_i32..30).prop_map(|points| points.to_string()),
        Just("\"3d8\"".to_owned()),
        Just("\"1d4-2\"".to_owned()),
    ];
    let gain = prop_oneof![
        (0_i32..40).prop_map(|points| points.to_string()),
        Just("\"2d10\"".to_owned())
    ];
    let who = prop::sample::select(vec![
        "",
        ", to = \"actor\"",
        ", to = \"occupants\"",
        ", to = \"others\"",
    ]);
    let leaf = prop_oneof![
        (
            prop::sample::select(vec!["damage", "heal", "xp"]),
            gain,
            who.clone()
        )
            .prop_map(|(word, amount, who)| format!(
                "{{ do = \"{word}\", amount = {amount}{who} }}"
            )),
        (prop::sample::select(vec!["magic", "lucidity"]), points, who).prop_map(
            |(word, amount, who)| format!("{{ do = \"{word}\", amount = {amount}{who} }}")
        ),
        prop::sample::select(vec![
            r#"{ do = "posture", is = "sitting" }"#,
            r#"{ do = "posture", is = "standing", must = true }"#,
            r#"{ do = "move", to = "flee" }"#,
            r#"{ do = "move", to = "yard", who = "others" }"#,
            r#"{ do = "flag", key = "a", on = "world" }"#,
            r#"{ do = "count", key = "b", by = -2 }"#,
            r#"{ do = "confront", archetype = "ghoul", category = "cosmic" }"#,
            r#"{ do = "tell", actor = "Hm.", room = "{actor} hums." }"#,
            r#"{ do = "after", seconds = 1, then = [{ do = "damage", amount = 5 }] }"#,
            r#"{ do = "stop" }"#,
        ])
        .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        let list = prop::collection::vec(inner, 0..4).prop_map(|all| all.join(", "));
        prop_oneof![
            (0_u32..=10, list.clone(), list.clone()).prop_map(|(of, then, other)| format!(
                "{{ do = \"chance\", of = {:?}, then = [{then}], else = [{other}] }}",
                f64::from(of) / 10.0
            )),
            list.clone().prop_map(|then| format!(
                "{{ do = \"when\", if = {{ any = [{{ dp = {{ below = 50 }} }}, {{ tier = \"lucid\" }}] }}, then = [{then}] }}"
            )),
            (list.clone(), list.clone()).prop_map(|(pass, fail)| format!(
                "{{ do = \"check\", stat = \"luck\", pass = [{pass}], fail = [{fail}] }}"
            )),
            (list.clone(), list).prop_map(|(one, other)| format!(
                "{{ do = \"one_of\", of = [{{ weight = 3, do = [{one}] }}, {{ do = [{other}] }}] }}"
            )),
        ]
    })
    .boxed()
}

/// What came of ringing three times: points, and every digest on the way.
fn play(list: &str) -> Result<(Vec<(i16, i16, i16)>, Vec<u64>), TestCaseError> {
    let mut stage = open(&town(list, ""));
    for _ in 0..3 {
        stage.says("Ann", "ring bell");
        stage.pass(std::time::Duration::from_millis(1_500));
        bounds(&mut stage)?;
    }
    prop_assert_eq!(stage.faults(), []);
    let points = ["Ann", "Bea"].map(|name| points(&mut stage, name));
    Ok((points.to_vec(), stage.digests().to_vec()))
}

fn points(stage: &mut Stage, name: &str) -> (i16, i16, i16) {
    let (body, mind) = (
        stage.component::<Vitals>(name),
        stage.component::<Lucidity>(name),
    );
    (body.dp(), body.mp(), mind.points())
}

fn bounds(stage: &mut Stage) -> Result<(), TestCaseError> {
    for name in ["Ann", "Bea"] {
        let (dp, mp, mind) = points(stage, name);
        prop_assert!(
            (-10..=40).contains(&dp) && (0..=20).contains(&mp),
            "{} {}",
            dp,
            mp
        );
        prop_assert!((-100..=100).contains(&mind), "{}", mind);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn random_list_keeps_bounds_and_repeats(list in prop::collection::vec(effect(), 1..6)) {
        let list = list.join(", ");
        prop_assert_eq!(play(&list)?, play(&list)?);
    }
}
