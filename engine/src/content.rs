//! What the files of a world say, as typed values: read whole, checked whole, handed in whole.
//!
//! A plugin says what it reads (`reg.rules`, `reg.content`), the engine reads it, and systems have
//! it as a resource. [`ContentTypes`] are the readers of all plugins of a game; [`Content`] is what
//! they have made of one set of files, behind one `Arc`, and never changes.

mod at;
mod bounds;
mod carry;
mod definitions;
mod digest;
mod listed;
mod next;
mod reference;
mod rules;
mod sections;
mod source;

use std::any::{Any, TypeId};
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

pub use at::{At, ValuePlace};
pub use bounds::check as check_bounds;
pub use carry::{Between, Carryover};
pub use definitions::{Definition, Definitions};
pub use digest::digest;
pub use listed::DefinedIds;
pub use next::{NextRevision, RevisionBuilder, RevisionMark};
pub use reference::{KeyRow, KeyTable};
pub use rules::{Rules, schema_of};
pub use sections::{LeftSection, Section, Sections};
pub use source::{Problem, Source, broken_lines, column_of, line_of};

pub(crate) use carry::Carries;
pub(crate) use definitions::DefinitionsReader;
pub(crate) use listed::ListedReader;
pub(crate) use next::{Install, Ready};
pub(crate) use rules::RulesReader;
pub(crate) use sections::SectionReader;

use bevy_ecs::resource::Resource;
use bevy_ecs::world::World;

type ValueMap = HashMap<TypeId, Arc<dyn Any + Send + Sync>>;

/// What one set of files came to. Never changes; a changed world is another one.
#[derive(Default)]
pub struct Content {
    values: ValueMap,
}

impl Content {
    /// The value of a type that some plugin reads.
    #[must_use]
    pub fn get<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.values.get(&TypeId::of::<T>())?.downcast_ref()
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Content")
            .field("values", &self.values.len())
            .finish()
    }
}

/// The content that the world runs on, and its number. Derived; systems have what they read of it
/// as resources of their own.
#[derive(Resource, Clone, Debug, Default)]
pub struct Revision {
    /// Which it is.
    pub mark: RevisionMark,
    pub(crate) content: Arc<Content>,
    /// Its texts, where the world did not begin with it.
    pub(crate) sources: Arc<[Source]>,
}

impl Revision {
    /// The value of a type that some plugin reads.
    #[must_use]
    pub fn get<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.content.get()
    }
}

/// Reads some of a world's files into typed values.
pub trait ContentReader: Send + Sync + 'static {
    /// Which files it reads.
    fn claims(&self) -> Vec<Claim>;

    /// Reads them: puts values, tells problems.
    fn read(&self, reading: &mut Reading<'_>);

    /// Every key that it reads, for the reference.
    fn reference(&self) -> Vec<KeyTable> {
        Vec::new()
    }
}

/// Files that a reader reads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Claim {
    /// The file of this path.
    File(String),
    /// All below this folder, which ends with `/`.
    Folder(String),
    /// All that end so, wherever they are.
    Ending(&'static str),
}

impl Claim {
    fn holds(&self, path: &str) -> bool {
        match self {
            Self::File(file) => path == file,
            Self::Folder(folder) => path.starts_with(folder),
            Self::Ending(end) => path.ends_with(end),
        }
    }
}

/// A reading of files that is under way.
pub struct Reading<'a> {
    sources: &'a [Source],
    plugins: &'a [&'static str],
    whole: bool,
    values: ValueMap,
    left: Vec<LeftSection<'a>>,
    problems: RefCell<Vec<Problem>>,
}

impl<'a> Reading<'a> {
    /// All files.
    #[must_use]
    pub const fn sources(&self) -> &'a [Source] {
        self.sources
    }

    /// Which plugins there are, by name.
    #[must_use]
    pub const fn plugins(&self) -> &'a [&'static str] {
        self.plugins
    }

    /// The file of this path.
    #[must_use]
    pub fn source(&self, path: &str) -> Option<&'a Source> {
        self.sources.iter().find(|source| source.path == path)
    }

    /// Whether all files could be read; else what refers to one of them only seems to dangle.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.whole
    }

    /// What a reader before this one has made.
    #[must_use]
    pub fn get<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.values.get(&TypeId::of::<T>())?.downcast_ref()
    }

    /// Gives a value to those that come after, and to the world.
    pub fn put<T: Send + Sync + 'static>(&mut self, value: T) {
        self.values.insert(TypeId::of::<T>(), Arc::new(value));
    }

    /// Leaves a part of a file to whoever reads it.
    pub fn leave(&mut self, left: LeftSection<'a>) {
        self.left.push(left);
    }

    /// Takes what was left under a key.
    pub fn take(&mut self, kinds: &[&str], key: &str) -> Vec<LeftSection<'a>> {
        let is_it = |left: &mut LeftSection<'_>| left.key == key && kinds.contains(&left.kind);
        self.left.extract_if(.., is_it).collect()
    }

    /// Tells of a mistake.
    pub fn problem(&mut self, problem: Problem) {
        self.problems.get_mut().push(problem);
    }

    /// How many mistakes were told so far.
    #[must_use]
    pub fn problems(&self) -> usize {
        self.problems.borrow().len()
    }

    /// Where mistakes are told from within a value.
    #[must_use]
    pub fn at<'b>(&'b self, source: &'b Source, place: ValuePlace<'b>) -> At<'b> {
        At::new(source, place, &self.values, &self.problems)
    }
}

/// The readers of all plugins of a game, in the order of the plugins.
#[derive(Default)]
pub struct ContentTypes {
    readers: Vec<Box<dyn ContentReader>>,
    plugins: Vec<&'static str>,
}

impl fmt::Debug for ContentTypes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContentTypes")
            .field("readers", &self.readers.len())
            .finish()
    }
}

impl ContentTypes {
    /// What was declared.
    pub(crate) fn declared(register: ContentRegister, plugins: Vec<&'static str>) -> Self {
        Self {
            readers: register.readers,
            plugins,
        }
    }

    /// Reads and checks a world.
    ///
    /// # Errors
    /// Every mistake that was found, sorted by file and line.
    pub fn load(&self, sources: &[Source]) -> Result<Arc<Content>, Vec<Problem>> {
        let (values, problems) = self.read(sources, true);
        if problems.is_empty() {
            Ok(Arc::new(Content { values }))
        } else {
            Err(problems)
        }
    }

    /// What is wrong with those files of a world that could be read, when some could not: nothing
    /// that one of the others might set right.
    #[must_use]
    pub fn mistakes(&self, sources: &[Source]) -> Vec<Problem> {
        self.read(sources, false).1
    }

    /// Every key of every file, for the reference.
    #[must_use]
    pub fn reference(&self) -> Vec<KeyTable> {
        let tables = self.readers.iter().flat_map(|reader| reader.reference());
        tables.collect()
    }

    fn read<'a>(&'a self, sources: &'a [Source], whole: bool) -> (ValueMap, Vec<Problem>) {
        let mut reading = Reading {
            sources,
            plugins: &self.plugins,
            whole,
            values: ValueMap::new(),
            left: Vec::new(),
            problems: RefCell::default(),
        };
        self.unread(&mut reading);
        for reader in &self.readers {
            reader.read(&mut reading);
        }
        for left in std::mem::take(&mut reading.left) {
            let message = format!("unknown key `{}` of a {}", left.key, left.kind);
            reading.problem(left.source.problem(&left.key_span, message));
        }
        let mut problems = reading.problems.into_inner();
        problems.sort();
        problems.dedup();
        (reading.values, problems)
    }

    /// Names the files that nobody reads: misspelt, they would have no effect and nobody would be
    /// told.
    fn unread(&self, reading: &mut Reading<'_>) {
        let mut claims: Vec<Claim> = self.readers.iter().flat_map(|one| one.claims()).collect();
        claims.sort();
        for source in reading.sources {
            if claims.iter().any(|claim| claim.holds(&source.path)) {
                continue;
            }
            let message = match source.path.rsplit_once('/') {
                Some((folder, _)) if has_files(&claims, folder) => {
                    let names = claims.iter().filter_map(|claim| match claim {
                        Claim::File(path) => path
                            .strip_prefix(folder)?
                            .strip_prefix('/')?
                            .strip_suffix(".toml"),
                        _ => None,
                    });
                    let names: Vec<&str> = names.collect();
                    format!("no such file; in {folder}/ there are {}", names.join(", "))
                }
                _ => format!("this file is read by nobody; there are {}", roots(&claims)),
            };
            reading.problem(source.problem(&(0..0), message));
        }
    }
}

fn has_files(claims: &[Claim], folder: &str) -> bool {
    claims.iter().any(|claim| match claim {
        Claim::File(path) => path.rsplit_once('/').is_some_and(|(of, _)| of == folder),
        _ => false,
    })
}

/// The files and folders at the root of a world: `world.toml, rules/ and zones/`.
fn roots(claims: &[Claim]) -> String {
    let (mut files, mut folders) = (Vec::new(), Vec::new());
    for claim in claims {
        match claim {
            Claim::File(path) => match path.split_once('/') {
                Some((folder, _)) => folders.push(format!("{folder}/")),
                None => files.push(path.clone()),
            },
            Claim::Folder(folder) => folders.push(folder.clone()),
            Claim::Ending(_) => {}
        }
    }
    folders.sort();
    folders.dedup();
    files.extend(folders);
    match files.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => "none".to_owned(),
    }
}

impl ContentRegister {
    /// Makes what is derived from content, for a world that begins.
    pub(crate) fn install(&self, world: &mut World, mark: RevisionMark) {
        let content = self.content.clone().unwrap_or_default();
        for install in &self.installs {
            (install.make)(&content)(world);
        }
        let sources = Arc::default();
        world.insert_resource(Revision {
            mark,
            content,
            sources,
        });
    }
}

/// Everything about content that plugins register.
#[derive(Default)]
pub(crate) struct ContentRegister {
    pub(crate) readers: Vec<Box<dyn ContentReader>>,
    pub(crate) installs: Vec<Install>,
    pub(crate) carries: Carries,
    /// What the world begins with; `None`: nothing but defaults.
    pub(crate) content: Option<Arc<Content>>,
}
