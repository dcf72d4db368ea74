//! What is said of revisions: by whom, how much, and where a mistake is.

use sqlx::{Connection as _, SqliteConnection};

use super::{folder, recipe, runs, save, world};

#[tokio::test(flavor = "multi_thread")]
async fn message_forges_no_line_of_history() {
    let recipe = recipe("It is bare.").env("KADATH_CONTENT__WATCH", "false");
    let server = recipe.start().await;
    let recipe = server.recipe();
    save(recipe, "A fire burns.");
    let long = world(recipe, &["publish", "-m", &"x".repeat(201)]).await;
    assert_eq!(long.code, Some(1), "{long:?}");
    assert!(long.stderr.contains("at most 200 characters"), "{long:?}");
    assert_eq!(runs(recipe).await, 1);
    let told = world(recipe, &["publish", "-m", "a fire\n9  bob\u{1b}[2J"]).await;
    assert_eq!(told.stdout, "published revision 2", "{told:?}");
    let history = world(recipe, &["history"]).await.stdout;
    assert_eq!(history.lines().count(), 2, "{history}");
    assert!(history.contains("  a fire 9  bob [2J\n"), "{history}");
    // Without a server it is the same.
    let recipe = server.stop().await;
    save(&recipe, "Ashes, still warm.");
    let told = world(&recipe, &["publish", "-m", "cold\nashes"]).await;
    assert_eq!(told.stdout, "published revision 3", "{told:?}");
    let history = world(&recipe, &["history"]).await.stdout;
    assert_eq!(history.lines().count(), 3, "{history}");
}

#[tokio::test(flavor = "multi_thread")]
async fn long_history_says_where_cut() {
    let recipe = recipe("It is bare.").start().await.stop().await;
    let file = recipe.data().join("kadath.db");
    let mut database = SqliteConnection::connect(&format!("sqlite://{}", file.display()))
        .await
        .unwrap();
    let many = "WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 1100)
        INSERT INTO revisions (number, digest, author, message, at)
        SELECT i, (SELECT digest FROM revisions WHERE number = 1), 'many', '', 0 FROM n";
    sqlx::query(many).execute(&mut database).await.unwrap();
    database.close().await.unwrap();
    let cut = "… (revisions before 101 are not looked at)";
    let history = world(&recipe, &["history"]).await.stdout;
    assert_eq!(history.lines().count(), 1_001, "{history}");
    assert_eq!(history.lines().last(), Some(cut));
    // Whoever wrote the hall is none of those that are listed.
    assert_eq!(world(&recipe, &["blame", "hall"]).await.stdout, cut);
    let nowhere = world(&recipe, &["blame", "cellar"]).await;
    assert!(nowhere.stderr.contains("there is no room"), "{nowhere:?}");
    save(&recipe, "A fire burns.");
    let told = world(&recipe, &["publish", "-m", "a fire"]).await;
    assert_eq!(told.stdout, "published revision 1101", "{told:?}");
    let blame = world(&recipe, &["blame", "hall"]).await.stdout;
    let lines: Vec<&str> = blame.lines().collect();
    assert_eq!(lines.len(), 2, "{blame}");
    assert!(lines[0].starts_with("1101 "), "{blame}");
    assert!(lines[0].ends_with("a fire"), "{blame}");
}

#[tokio::test(flavor = "multi_thread")]
async fn plugins_off_refusal_names_line() {
    let recipe = recipe("It is bare.").env("KADATH_CONTENT__WATCH", "false");
    let server = recipe.start().await;
    let recipe = server.recipe();
    let file = folder(recipe).join("world.toml");
    let was = std::fs::read_to_string(&file).unwrap();
    let line = was.lines().count() + 3;
    std::fs::write(&file, format!("{was}\n[plugins]\noff = [\"lucidity\"]\n")).unwrap();
    let told = world(recipe, &["publish"]).await;
    assert_eq!(told.code, Some(1), "{told:?}");
    let place = format!("{}:{line}: ", file.display());
    assert!(told.stdout.starts_with(&place), "{place} {told:?}");
    assert_eq!(runs(recipe).await, 1);
}
