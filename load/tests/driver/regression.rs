//! More work for the same commands fails a comparison; the same work does not.

use std::path::Path;

use load::{Report, drive};
use tokio::task::LocalSet;

use crate::fake::{Fake, Habits};
use crate::scenario;

async fn play(frames: usize, compare: Option<&Path>) -> Report {
    let habits = Habits {
        frames,
        ..Habits::default()
    };
    let talkers = scenario(
        "objectives = [\"errors = 0%\", \"compare.frames_per_command < 20%\"]\n\
         [[stages]]\nramp = \"1s\"\nbots = 8\n[[stages]]\nhold = \"6s\"\n\
         [roles.talker.steps.say]\ndo = \"say\"\nthink = {exponential = \"400ms\"}\n",
    );
    let playing = async {
        let (_fake, dial) = Fake::in_memory(habits);
        drive(&talkers, dial, compare).await.unwrap()
    };
    LocalSet::new().run_until(playing).await
}

/// Thirty percent more work fails, and ten equal runs pass.
#[tokio::test(start_paused = true)]
async fn extra_work_fails_comparison_equal_runs_pass() {
    let folder = tempfile::tempdir().unwrap();
    let old = folder.path().join("report.json");
    let first = play(20, None).await;
    assert!(first.holds(), "{:#?}", first.objectives);
    first.write(folder.path()).unwrap();
    for run in 0..10 {
        let again = play(20, Some(&old)).await;
        assert!(again.holds(), "run {run}: {:#?}", again.objectives);
    }
    let before = first.metrics.get("frames_per_command").unwrap();
    let more = (before * 0.3).ceil() as usize;
    let worse = play(20 + more, Some(&old)).await;
    assert!(!worse.holds(), "{:#?}", worse.metrics);
    let comparison = worse.comparison.as_ref().unwrap();
    let line = comparison
        .lines
        .iter()
        .find(|line| line.metric == "frames_per_command");
    assert!(line.unwrap().regression, "{comparison}");
}

#[tokio::test(start_paused = true)]
async fn a_report_of_something_else_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let old = folder.path().join("report.json");
    std::fs::write(&old, r#"{"scenario": "other", "seed": 1, "runs": [{}]}"#).unwrap();
    let (_, dial) = LocalSet::new()
        .run_until(async { Fake::in_memory(Habits::default()) })
        .await;
    let mine = scenario(
        "name = \"mine\"\n[[stages]]\nspike = \"1s\"\nbots = 1\n[roles.a.steps.b]\ndo = \"idle\"\n",
    );
    let refused = drive(&mine, dial, Some(&old))
        .await
        .unwrap_err()
        .to_string();
    assert!(refused.contains("it is of \"other\""), "{refused}");
}
