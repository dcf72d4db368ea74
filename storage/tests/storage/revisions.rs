//! Revisions of the world's content, on both databases.

use storage::{NewRevision, StorageFault};

use crate::harness::{Database, World, on_both};

on_both!(
    revisions_are_numbered_with_content,
    second_of_two_publishers_is_refused,
);

fn revision(after: u64, digest: &str) -> NewRevision {
    NewRevision {
        after,
        digest: digest.to_owned(),
        body: Some(digest.as_bytes().to_vec()),
        author: "Ann".to_owned(),
        message: "a door".to_owned(),
        reverts: None,
        draft: None,
    }
}

async fn revisions_are_numbered_with_content(database: Database) {
    let world = World::start(database.config()).await;
    let revisions = world.storage.revisions();
    assert_eq!(revisions.newest().await.unwrap(), 0);
    assert_eq!(revisions.get(1).await.unwrap(), None);
    assert_eq!(revisions.publish(&revision(0, "one")).await.unwrap(), 1);
    assert_eq!(revisions.publish(&revision(1, "two")).await.unwrap(), 2);
    let back = NewRevision {
        body: None,
        reverts: Some(1),
        draft: Some("two".to_owned()),
        ..revision(2, "one")
    };
    assert_eq!(revisions.publish(&back).await.unwrap(), 3);
    let runs = revisions.get(3).await.unwrap().unwrap();
    assert_eq!(
        (runs.reverts, runs.draft.as_deref()),
        (Some(1), Some("two"))
    );
    assert_eq!((&*runs.author, &*runs.message), ("Ann", "a door"));
    let body = revisions.content(&runs.digest).await.unwrap();
    assert_eq!(body.as_deref(), Some(&b"one"[..]));
    let all = revisions.all().await.unwrap();
    let numbers: Vec<u64> = all.iter().map(|one| one.number).collect();
    assert_eq!(numbers, [3, 2, 1]);
    // Without its content there is no revision.
    let lost = NewRevision {
        body: None,
        ..revision(3, "lost")
    };
    revisions.publish(&lost).await.unwrap_err();
    assert_eq!(revisions.newest().await.unwrap(), 3);
}

async fn second_of_two_publishers_is_refused(database: Database) {
    let world = World::start(database.config()).await;
    let revisions = world.storage.revisions();
    for after in 0..20 {
        let (one, other) = (revision(after, "one"), revision(after, "two"));
        let (one, other) = tokio::join!(revisions.publish(&one), revisions.publish(&other));
        let (won, lost) = match (one, other) {
            (Ok(number), Err(fault)) | (Err(fault), Ok(number)) => (number, fault),
            both => panic!("{both:?}"),
        };
        assert_eq!(won, after + 1);
        assert!(
            matches!(lost, StorageFault::Overtaken { newest } if newest == won),
            "{lost}"
        );
    }
    assert_eq!(revisions.all().await.unwrap().len(), 20);
}
