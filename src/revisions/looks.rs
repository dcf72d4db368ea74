//! What can be asked of revisions and drafts without changing them.

use std::path::Path;

use engine::content::RevisionMark;
use storage::PublishedRevision;

use super::acts::{Undone, WorldAnswer};
use super::publisher::{Publisher, aside};
use super::stamp::DraftStamp;
use super::text;
use crate::world_files;

impl Publisher {
    /// What runs at this moment.
    async fn mark(&self) -> RevisionMark {
        self.state().await.mark.clone()
    }

    pub(super) async fn status(&self, folder: &Path) -> Result<WorldAnswer, Undone> {
        let mark = self.mark().await;
        let draft = match self.read(folder).await {
            Ok(draft) if draft.digest == mark.digest => "is what runs".to_owned(),
            Ok(_) => "differs".to_owned(),
            Err(problems) => format!("has {} mistakes", problems.len()),
        };
        let number = mark.number;
        Ok(WorldAnswer::done(format!(
            "revision {number}\nthe draft in {} {draft}",
            world_files::place_of(folder)
        )))
    }

    pub(super) async fn diff(&self, folder: &Path) -> Result<WorldAnswer, Undone> {
        let mark = self.mark().await;
        let runs = self.sources(&mark.digest).await?;
        let from = folder.to_owned();
        let compared = aside(move || {
            let (now, unread) = world_files::read(&from);
            match unread.is_empty() {
                true => Ok(text::difference(&runs, &now)),
                false => Err(Undone::Refused(WorldAnswer::refused(&unread))),
            }
        });
        let told = compared.await??;
        let mut state = self.state().await;
        // Who looks knows what runs, unless that is another by now.
        if state.mark == mark {
            self.know(&mut state, folder);
        }
        Ok(WorldAnswer::done(match told.is_empty() {
            true => format!(
                "the draft in {} is what runs",
                world_files::place_of(folder)
            ),
            false => told,
        }))
    }

    pub(super) async fn history(&self) -> Result<WorldAnswer, Undone> {
        let mut all = self.revisions().all().await?;
        let mut lines: Vec<String> = all.iter().map(text::line).collect();
        all.reverse();
        lines.extend(cut(&all));
        Ok(WorldAnswer::done(lines.join("\n")))
    }

    pub(super) async fn blame(&self, room: &str) -> Result<WorldAnswer, Undone> {
        let mut all = self.revisions().all().await?;
        all.reverse();
        let cut = cut(&all);
        let (mut lines, mut was, mut digest) = (Vec::new(), None, "");
        for (at, one) in all.iter().enumerate() {
            if one.digest == digest {
                continue;
            }
            digest = &one.digest;
            let (sources, id) = (self.sources(digest).await?, room.to_owned());
            let now = aside(move || text::room(&sources, &id)).await?;
            if now == was {
                continue;
            }
            // Whether the oldest that is listed changed it says one that is not.
            if at > 0 || cut.is_none() {
                let gone = if now.is_none() { "  (removed)" } else { "" };
                lines.push(format!("{}{gone}", text::line(one)));
            }
            was = now;
        }
        if lines.is_empty() && was.is_none() {
            let told = match cut {
                None => format!("there never was a room `{room}`"),
                Some(cut) => format!("there is no room `{room}`; {cut}"),
            };
            return Err(Undone::refused(told));
        }
        lines.reverse();
        lines.extend(cut);
        Ok(WorldAnswer::done(lines.join("\n")))
    }

    pub(super) async fn export(
        &self,
        number: Option<u64>,
        to: &Path,
    ) -> Result<WorldAnswer, Undone> {
        let mark = self.mark().await;
        let number = number.unwrap_or(mark.number);
        let revision = self.revision(number).await?;
        let sources = self.sources(&revision.digest).await?;
        let stamp = self.world().map(|world| DraftStamp {
            world: world.to_owned(),
            // Who edits this knows all that was published until now.
            number: mark.number,
        });
        let folder = to.to_owned();
        let writing = aside(move || {
            world_files::write(&folder, &sources)?;
            stamp.map_or(Ok(()), |stamp| stamp.put(&folder))
        });
        writing.await?.map_err(|fault| {
            Undone::refused(format!("{} can't be written: {fault}", to.display()))
        })?;
        Ok(WorldAnswer::done(format!(
            "revision {number} is in {}",
            to.display()
        )))
    }
}

/// Says that there are more than these, the oldest first, where there are.
fn cut(all: &[PublishedRevision]) -> Option<String> {
    let oldest = all.first().filter(|oldest| oldest.number > 1)?.number;
    Some(format!("… (revisions before {oldest} are not looked at)"))
}
