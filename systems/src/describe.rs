//! What plugins say of people and rooms to those who look at them, without knowing who shows it.
//!
//! Asked for when somebody looks, and free of cost until then: lines under `look <name>` ([`looks`]),
//! lines of `status` ([`status`]), and values of the sheet that clients get ([`stats`], [`field`]).
//! Every list shows the marks of people ([`mark`]), and everybody who comes in the lines of a room
//! ([`room`]): those are said when what they hang on changes, and kept by `place`.
//!
//! A lower order comes first, equal ones in the order of registration. Each closure is called across
//! its plugin's border: it is its plugin's fault when it breaks, it is silent while its plugin is left
//! out, and where the plugin is off it was never registered.

mod shown;

pub(crate) use shown::{Marked, Marks, Retell, RoomLines, RoomLinesTold};
pub use shown::{mark, room};

use bevy_ecs::query::QueryBuilder;
use bevy_ecs::system::{ParamBuilder, QueryParamBuilder, SystemParamBuilder};
use bevy_ecs::world::FilteredEntityRef;
use engine::content::Revision;
use engine::prelude::*;
use engine::{Border, LeftOut};
use serde::{Serialize, Serializer};

/// Components that a description is made of; a tuple of one to four of them. It is asked only of
/// those who have all.
pub trait Traits {
    /// Their values.
    type Of<'a>;

    /// Lets a query read them.
    fn grant(query: &mut Characters<'_>);

    /// Their values, where there are all.
    fn of<'a>(who: &FilteredEntityRef<'a, '_>) -> Option<Self::Of<'a>>;
}

type Described = FilteredEntityRef<'static, 'static>;
/// A query of characters that is being made.
pub type Characters<'w> = QueryBuilder<'w, Described, With<Character>>;

macro_rules! traits {
    ($($component:ident),+) => {
        impl<$($component: Component),+> Traits for ($($component,)+) {
            type Of<'a> = ($(&'a $component,)+);

            fn grant(query: &mut Characters<'_>) {
                $(query.optional(|query| {
                    query.data::<&$component>();
                });)+
            }

            fn of<'a>(who: &FilteredEntityRef<'a, '_>) -> Option<Self::Of<'a>> {
                Some(($(who.get::<$component>()?,)+))
            }
        }
    };
}

traits!(A);
traits!(A, B);
traits!(A, B, C);
traits!(A, B, C, D);

type Words<T> = dyn Fn(&FilteredEntityRef<'_, '_>, &Revision) -> Option<T> + Send + Sync;

struct Description<T> {
    order: i16,
    of: &'static str,
    border: Border,
    grant: fn(&mut Characters<'_>),
    words: Box<Words<T>>,
}

/// Everything that is asked for when somebody looks.
#[derive(Resource, Default)]
pub(crate) struct Descriptions {
    looks: Vec<Description<String>>,
    status: Vec<Description<String>>,
    stats: Vec<Description<Vec<(&'static str, i64)>>>,
    fields: Vec<Description<(&'static str, serde_json::Value)>>,
}

/// Adds a line under what `look` shows of a person. `words` hang on nothing but their arguments.
///
/// ```
/// use engine::prelude::*;
/// use serde::{Deserialize, Serialize};
/// use systems::describe;
///
/// #[derive(Component, Clone, Default, Serialize, Deserialize)]
/// struct Soaked(u8);
///
/// fn rain(reg: &mut Registrar<'_>) {
///     reg.transient::<Soaked>("soaked").character::<Soaked>();
///     describe::looks::<(Soaked, Character)>(reg, 10, |(soaked, who), _| {
///         (soaked.0 > 0).then(|| format!("Water runs from {}'s hat.", who.name))
///     });
/// }
/// ```
pub fn looks<T: Traits>(
    reg: &mut Registrar<'_>,
    order: i16,
    words: impl Fn(T::Of<'_>, &Revision) -> Option<String> + Send + Sync + 'static,
) {
    add::<T, _>(reg, order, |all| &mut all.looks, words);
}

/// Adds a line of `status`.
pub fn status<T: Traits>(
    reg: &mut Registrar<'_>,
    order: i16,
    words: impl Fn(T::Of<'_>, &Revision) -> Option<String> + Send + Sync + 'static,
) {
    add::<T, _>(reg, order, |all| &mut all.status, words);
}

/// Adds numbers to the `stats` of the sheet that a client gets.
pub fn stats<T: Traits>(
    reg: &mut Registrar<'_>,
    stats: impl Fn(T::Of<'_>, &Revision) -> Vec<(&'static str, i64)> + Send + Sync + 'static,
) {
    let stats = move |of: T::Of<'_>, revision: &Revision| Some(stats(of, revision));
    add::<T, _>(reg, 0, |all| &mut all.stats, stats);
}

/// Adds a field to the sheet that a client gets, under a name that none has yet. What can't be
/// JSON is left out.
pub fn field<T: Traits, V: Serialize>(
    reg: &mut Registrar<'_>,
    name: &'static str,
    value: impl Fn(T::Of<'_>, &Revision) -> Option<V> + Send + Sync + 'static,
) {
    let value = move |of: T::Of<'_>, revision: &Revision| {
        let value = serde_json::to_value(value(of, revision)?).ok()?;
        Some((name, value))
    };
    add::<T, _>(reg, 0, |all| &mut all.fields, value);
}

fn add<T: Traits, R>(
    reg: &mut Registrar<'_>,
    order: i16,
    kind: impl FnOnce(&mut Descriptions) -> &mut Vec<Description<R>>,
    words: impl Fn(T::Of<'_>, &Revision) -> Option<R> + Send + Sync + 'static,
) {
    if reg.is_off() {
        return;
    }
    let description = Description {
        order,
        of: std::any::type_name_of_val(&words),
        border: reg.border(),
        grant: T::grant,
        words: Box::new(move |who, revision| words(T::of(who)?, revision)),
    };
    reg.fill(|all: &mut Descriptions| {
        let all = kind(all);
        let behind = all.partition_point(|one| one.order <= order);
        all.insert(behind, description);
    });
}

/// What is asked for when somebody looks. A system with one is built with [`beheld`].
#[derive(SystemParam)]
#[system_param(builder)]
pub(crate) struct Beheld<'w, 's> {
    people: Query<'w, 's, Described, With<Character>>,
    all: Res<'w, Descriptions>,
    revision: Res<'w, Revision>,
    left_out: Res<'w, LeftOut>,
}

/// Makes a [`Beheld`], when every plugin has said what it looks at.
pub(crate) fn beheld() -> impl SystemParamBuilder<Beheld<'static, 'static>> {
    BeheldBuilder {
        people: QueryParamBuilder::new(grant),
        all: ParamBuilder,
        revision: ParamBuilder,
        left_out: ParamBuilder,
    }
}

fn grant(query: &mut Characters<'_>) {
    fn grants<T>(all: &[Description<T>]) -> impl Iterator<Item = fn(&mut Characters<'_>)> {
        all.iter().map(|one| one.grant)
    }
    let grants: Vec<_> = match query.world().get_resource::<Descriptions>() {
        Some(all) => grants(&all.looks)
            .chain(grants(&all.status))
            .chain(grants(&all.stats))
            .chain(grants(&all.fields))
            .collect(),
        None => Vec::new(),
    };
    for grant in grants {
        grant(query);
    }
}

impl Beheld<'_, '_> {
    /// The lines under what is seen of somebody.
    pub(crate) fn looks(&self, who: Entity) -> Vec<String> {
        self.ask(who, &self.all.looks)
    }

    /// The lines of somebody's `status`.
    pub(crate) fn status(&self, who: Entity) -> Vec<String> {
        self.ask(who, &self.all.status)
    }

    /// The numbers of somebody's sheet.
    pub(crate) fn stats(&self, who: Entity) -> impl Iterator<Item = (&'static str, i64)> {
        self.ask(who, &self.all.stats).into_iter().flatten()
    }

    /// The fields of somebody's sheet that plugins add.
    pub(crate) fn fields(&self, who: Entity) -> SheetFields {
        SheetFields(self.ask(who, &self.all.fields))
    }

    fn ask<T>(&self, who: Entity, all: &[Description<T>]) -> Vec<T> {
        let Ok(who) = self.people.get(who) else {
            return Vec::new();
        };
        let heard = all
            .iter()
            .filter(|one| !self.left_out.is_behind(&one.border));
        let said = heard.filter_map(|one| {
            let words = || (one.words)(&who, &self.revision);
            one.border.call(one.of, words).flatten()
        });
        said.collect()
    }
}

/// SheetFields of a sheet, in the order in which they were registered.
#[derive(Debug, Default)]
pub(crate) struct SheetFields(pub(crate) Vec<(&'static str, serde_json::Value)>);

impl Serialize for SheetFields {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}
