//! What designers ask for in the game.

use engine::port::{DraftWish, Stop};
use tokio::sync::mpsc;

use super::acts::WorldRequest;
use super::publisher::Publisher;

/// The longest answer in the game, in characters; a command line shows all.
const TEXT_MAX: usize = 4_000;

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
            .act(WorldRequest {
                author: name,
                draft: None,
                act: act.into(),
            })
            .await;
        let text: String = told.text().chars().take(TEXT_MAX).collect();
        if let Some(live) = publisher.live() {
            live.tell(Some(by), text, None);
        }
    }
}
