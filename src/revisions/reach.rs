//! How much of what runs somebody in the world may change.

use engine::port::StableId;
use storage::DesignReach;

use super::acts::Undone;
use super::draft::CheckedDraft;
use super::publisher::{PressState, Publisher, aside};
use super::text;

impl Publisher {
    /// Refuses a content that changes more than the character's account may; operators may all.
    pub(super) async fn allow(
        &self,
        by: Option<StableId>,
        state: &PressState,
        next: &CheckedDraft,
    ) -> Result<(), Undone> {
        let Some(by) = by else { return Ok(()) };
        let zones = match self.revisions().reach(by).await? {
            DesignReach::All => return Ok(()),
            DesignReach::Zones(zones) => zones,
            // The world hears of it within seconds.
            DesignReach::Nothing => {
                return Err(Undone::refused(
                    "you may not change the world any more; nothing was published",
                ));
            }
        };
        let runs = self.sources(&state.mark.digest).await?;
        let next = next.clone();
        let differing = aside(move || text::differing(&runs, &next.sources)).await?;
        match differing.iter().find(|path| !is_within(path, &zones)) {
            None => Ok(()),
            Some(beyond) => Err(Undone::refused(format!(
                "{beyond} would change, and your grant is for the zones {} only; nothing was \
                 published",
                zones.join(", ")
            ))),
        }
    }
}

/// Whether a file is of one of the zones.
fn is_within(path: &str, zones: &[String]) -> bool {
    let zone = path
        .strip_prefix("zones/")
        .and_then(|path| path.split_once('/'));
    zone.is_some_and(|(zone, _)| zones.iter().any(|one| one == zone))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_belongs_to_zone_of_folder() {
        let zones = ["town".to_owned(), "moor".to_owned()];
        for path in ["zones/town/zone.toml", "zones/moor/heath/a.toml"] {
            assert!(is_within(path, &zones), "{path}");
        }
        for path in [
            "zones/town.toml",
            "zones/townhall/zone.toml",
            "things/town/a.toml",
            "world.toml",
            "zones/",
        ] {
            assert!(!is_within(path, &zones), "{path}");
        }
    }
}
