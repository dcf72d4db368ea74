//! The rules as they are written, with where: read, checked, and turned into [`Rules`].

mod active;

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use active::Sound;

use super::{
    Adaptation, Burdens, Companions, Dampening, Encounters, Fall, Hallucinations, Profile,
    Recovery, Rescue, Rules, Tiers,
};
use crate::lucidity::Lucidity;
use crate::world::{Atlas, FLUX, Problem, Source};

/// Where the rules are written.
const PATH: &str = "rules/lucidity.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    default: Option<Spanned<f64>>,
    drain_rate_max: Option<Spanned<f64>>,
    #[serde(default)]
    environments: Profiles,
    #[serde(default)]
    sub_zones: Profiles,
    #[serde(default)]
    rooms: Profiles,
    companions: Option<Spanned<Companions>>,
    adaptation: Option<Spanned<Adaptation>>,
    tiers: Option<Spanned<Tiers>>,
    encounters: Option<Spanned<Encounters>>,
    recovery: Option<Spanned<Recovery>>,
    rescue: Option<Spanned<Rescue>>,
    fall: Option<Spanned<Fall>>,
    liabilities: Option<Spanned<Burdens>>,
    dampening: Option<Spanned<Dampening>>,
    hallucinations: Option<Spanned<Hallucinations>>,
}

type Profiles = BTreeMap<Spanned<String>, WrittenProfile>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenProfile {
    day: Option<Spanned<f64>>,
    night: Option<Spanned<f64>>,
    all: Option<Spanned<f64>>,
}

impl Rules {
    /// Reads the rules and checks them against the world they are for; a world without the file
    /// has the default rules. A file says itself what places do: of that nothing is filled in.
    pub(crate) fn load(sources: &[Source], atlas: &Atlas, problems: &mut Vec<Problem>) -> Self {
        let Some((source, written)) = Source::find::<Written>(sources, PATH, problems) else {
            return Self::default();
        };
        let mut mistakes = Mistakes { source, problems };
        written.check_names(atlas, &mut mistakes);
        written.check_numbers(&mut mistakes);
        written.check_sections(&mut mistakes);
        written.rules()
    }
}

struct Mistakes<'a> {
    source: &'a Source,
    problems: &'a mut Vec<Problem>,
}

impl Mistakes<'_> {
    fn unless(&mut self, holds: bool, span: Range<usize>, message: impl FnOnce() -> String) {
        if !holds {
            self.problems.push(self.source.problem(&span, message()));
        }
    }

    fn section<T: Copy>(
        &mut self,
        section: Option<&Spanned<T>>,
        holds: impl Fn(T) -> bool,
        message: &str,
    ) {
        if let Some(section) = section {
            self.unless(holds(*section.as_ref()), section.span(), || {
                message.to_owned()
            });
        }
    }
}

impl Mistakes<'_> {
    fn sound<T: Sound>(&mut self, section: Option<&Spanned<T>>) {
        if let Some(section) = section
            && let Some(wrong) = section.as_ref().wrong()
        {
            self.unless(false, section.span(), || wrong.to_owned());
        }
    }
}

impl Written {
    fn check_sections(&self, mistakes: &mut Mistakes<'_>) {
        mistakes.sound(self.encounters.as_ref());
        mistakes.sound(self.recovery.as_ref());
        mistakes.sound(self.rescue.as_ref());
        mistakes.sound(self.fall.as_ref());
        mistakes.sound(self.liabilities.as_ref());
        mistakes.sound(self.dampening.as_ref());
        mistakes.sound(self.hallucinations.as_ref());
    }

    fn check_names(&self, atlas: &Atlas, mistakes: &mut Mistakes<'_>) {
        for key in self.environments.keys() {
            let known = atlas.environments().any(|known| known == key.as_ref());
            mistakes.unless(known, key.span(), || {
                format!("unknown environment `{}`", key.as_ref())
            });
        }
        for key in self.sub_zones.keys() {
            let known = atlas
                .sub_zones()
                .any(|(zone, sub_zone)| key.as_ref() == zone || key.as_ref() == sub_zone);
            mistakes.unless(known, key.span(), || {
                format!("`{}` is neither a sub-zone nor a zone", key.as_ref())
            });
        }
        for key in self.rooms.keys() {
            let known = atlas.find(key.as_ref()).is_some();
            mistakes.unless(known, key.span(), || {
                format!("`{}` is not a room", key.as_ref())
            });
        }
    }

    fn check_numbers(&self, mistakes: &mut Mistakes<'_>) {
        let profiles = [&self.environments, &self.sub_zones, &self.rooms];
        let fluxes = profiles
            .into_iter()
            .flat_map(BTreeMap::values)
            .flat_map(|profile| [&profile.day, &profile.night, &profile.all]);
        for flux in fluxes.chain([&self.default]).flatten() {
            mistakes.unless(FLUX.contains(flux.as_ref()), flux.span(), || {
                format!("a flux of {} is not within -100 to 100", flux.as_ref())
            });
        }
        mistakes.section(
            self.drain_rate_max.as_ref(),
            |rate| (0.0..=*FLUX.end()).contains(&rate),
            "drain_rate_max is not within 0 to 100",
        );
        mistakes.section(
            self.companions.as_ref(),
            |one| {
                let Companions {
                    each,
                    cap,
                    destabilising,
                } = one;
                cap >= 0.0
                    && [each, cap, destabilising]
                        .iter()
                        .all(|flux| FLUX.contains(flux))
            },
            "what companions do is not within -100 to 100, or their cap is below 0",
        );
        mistakes.section(
            self.adaptation.as_ref(),
            |one| {
                one.window > 0
                    && (0.0..=1.0).contains(&one.step)
                    && (0.0..=1.0).contains(&one.floor)
            },
            "the window of adaptation is not at least 1, or its step or floor not within 0 to 1",
        );
        mistakes.section(
            self.tiers.as_ref(),
            |one| {
                one.lucid <= Lucidity::CAP
                    && one.lucid > one.uneasy
                    && one.uneasy > one.fractured
                    && one.fractured > one.deranged
                    && one.deranged > Lucidity::FLOOR
            },
            "the tiers do not fall one below the other from 100 to above -100",
        );
    }

    fn rules(self) -> Rules {
        let plain = |profiles: Profiles| {
            profiles
                .into_iter()
                .map(|(key, profile)| (key.into_inner(), profile.plain()))
                .collect()
        };
        let first = Rules::default();
        Rules {
            default: self.default.map_or(first.default, Spanned::into_inner),
            drain_rate_max: self
                .drain_rate_max
                .map_or(first.drain_rate_max, Spanned::into_inner),
            environments: plain(self.environments),
            sub_zones: plain(self.sub_zones),
            rooms: plain(self.rooms),
            companions: self
                .companions
                .map_or(first.companions, Spanned::into_inner),
            adaptation: self
                .adaptation
                .map_or(first.adaptation, Spanned::into_inner),
            tiers: self.tiers.map_or(first.tiers, Spanned::into_inner),
            encounters: plainly(self.encounters),
            recovery: plainly(self.recovery),
            rescue: plainly(self.rescue),
            fall: plainly(self.fall),
            liabilities: plainly(self.liabilities),
            dampening: plainly(self.dampening),
            hallucinations: plainly(self.hallucinations),
        }
    }
}

fn plainly<T: Default>(section: Option<Spanned<T>>) -> T {
    section.map_or_else(T::default, Spanned::into_inner)
}

impl WrittenProfile {
    fn plain(self) -> Profile {
        Profile {
            day: self.day.map(Spanned::into_inner),
            night: self.night.map(Spanned::into_inner),
            all: self.all.map(Spanned::into_inner),
        }
    }
}
