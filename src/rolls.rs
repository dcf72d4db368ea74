//! Rolls that were shown and may still become characters.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use engine::Seed;
use engine::content::Content;
use engine::port::{AccountId, Code, Refusal};
use net::{Denied, Rolled};
use systems::character::{self, Profession, Professions, Roll, Rolling, Rules};
use tokio::sync::watch;
use uuid::Uuid;

/// How long a roll is kept.
const KEPT: Duration = Duration::from_secs(900);
/// The span over which rolls are counted.
const SPAN: Duration = Duration::from_secs(60);
/// How many rolls of one account are kept: enough to go back to the one before the last.
const KEPT_MAX: usize = 8;
/// How many accounts may be rolling at once, at some 600 bytes each: 2.5 MB. Beyond, the address that
/// has most of them loses its oldest.
const ACCOUNTS_MAX: usize = 4_096;

/// The rolls that were shown, for one process.
#[derive(Debug)]
pub(crate) struct Rolls {
    /// What the world is made of now.
    content: watch::Receiver<Arc<Content>>,
    per_minute: u32,
    accounts: Mutex<HashMap<AccountId, RollPage>>,
}

#[derive(Debug)]
struct RollPage {
    /// Where it was rolled last.
    from: IpAddr,
    /// When the last rolls were made, oldest first; at most as many as the limit.
    made: VecDeque<Instant>,
    kept: VecDeque<KeptRoll>,
}

#[derive(Debug)]
struct KeptRoll {
    id: Uuid,
    seed: u64,
    /// The profession's id.
    profession: Option<String>,
    at: Instant,
}

/// What a character is made of.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Born {
    pub(crate) seed: u64,
    /// The profession's name, as people call it.
    pub(crate) profession: Option<String>,
}

impl Rolls {
    /// No rolls yet; 0 lifts the limit.
    pub(crate) fn new(content: watch::Receiver<Arc<Content>>, per_minute: u32) -> Self {
        Self {
            content,
            per_minute,
            accounts: Mutex::default(),
        }
    }

    fn rolling(&self) -> Rolling {
        let content = self.content.borrow();
        let rules = content.get::<Rules>();
        rules.map(|rules| rules.rolling).unwrap_or_default()
    }

    fn all(&self) -> Professions {
        let content = self.content.borrow();
        content.get::<Professions>().cloned().unwrap_or_default()
    }

    /// What a character can live by.
    pub(crate) fn professions(&self) -> Vec<net::ProfessionChoice> {
        let each = |one: &Profession| net::ProfessionChoice {
            id: one.id.clone(),
            name: one.name.clone(),
            description: one.description.clone(),
            flavor_text: one.flavor_text.trim().to_owned(),
            requires: one
                .requires
                .iter()
                .map(|(stat, least)| (stat.word(), *least))
                .collect(),
            bonus: one
                .bonus
                .iter()
                .map(|(stat, more)| (stat.word(), *more))
                .collect(),
        };
        self.all().iter().map(each).collect()
    }

    /// Rolls for an account.
    pub(crate) fn roll(
        &self,
        account: AccountId,
        from: IpAddr,
        profession: Option<&str>,
    ) -> Result<Rolled, Denied> {
        let profession = self.profession(profession)?;
        let seed = chance();
        let id = Uuid::new_v4();
        self.keep(
            account,
            from,
            KeptRoll {
                id,
                seed,
                profession: profession.as_ref().map(|one| one.id.clone()),
                at: Instant::now(),
            },
        )?;
        let Roll { stats, meets } =
            character::roll(Seed(seed), profession.as_ref(), &self.rolling());
        let mut each: std::collections::BTreeMap<_, _> = stats
            .iter()
            .map(|(stat, value)| (stat.word(), i64::from(value)))
            .collect();
        each.insert("max_dp", i64::from(stats.max_dp()));
        each.insert("max_magic_points", i64::from(stats.max_mp()));
        Ok(Rolled {
            roll_id: id,
            profession: profession.map(|one| one.id.clone()),
            stats: each,
            meets_requirements: meets,
            expires_in: KEPT.as_secs(),
        })
    }

    /// What a character of this profession is made of: the roll of that id, or a new one.
    pub(crate) fn born(
        &self,
        account: AccountId,
        profession: Option<&str>,
        roll: Option<Uuid>,
    ) -> Result<Born, Denied> {
        let profession = self.profession(profession)?;
        let seed = match roll {
            Some(id) => self.shown(account, id, profession.as_ref())?,
            None => chance(),
        };
        let Roll { meets, .. } = character::roll(Seed(seed), profession.as_ref(), &self.rolling());
        if let (false, Some(profession)) = (meets, &profession) {
            let words = format!("That roll is not enough for a {}.", profession.name);
            let refusal = Refusal::new(Code::ValidationError, words);
            return Err(Denied::field("roll_id", refusal));
        }
        Ok(Born {
            seed,
            profession: profession.map(|one| one.name.clone()),
        })
    }

    /// Forgets the rolls of an account that has its character.
    pub(crate) fn spent(&self, account: AccountId) {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(page) = accounts.get_mut(&account) {
            page.kept.clear();
        }
    }

    fn profession(&self, word: Option<&str>) -> Result<Option<Profession>, Denied> {
        let Some(word) = word else { return Ok(None) };
        let all = self.all();
        let known = all.find(word).cloned();
        known.map(Some).ok_or_else(|| {
            let refusal = Refusal::new(Code::ValidationError, "There is no such profession.");
            Denied::field("profession", refusal)
        })
    }

    fn shown(
        &self,
        account: AccountId,
        id: Uuid,
        profession: Option<&Profession>,
    ) -> Result<u64, Denied> {
        let accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = accounts
            .get(&account)
            .and_then(|page| page.kept.iter().find(|kept| kept.id == id))
            .filter(|kept| kept.at.elapsed() < KEPT);
        let Some(kept) = kept else {
            let refusal = Refusal::new(Code::ValidationError, "That roll is gone. Roll again.");
            return Err(Denied::field("roll_id", refusal));
        };
        if kept.profession.as_deref() != profession.map(|one| one.id.as_str()) {
            let refusal = Refusal::new(
                Code::ValidationError,
                "That was rolled for another profession.",
            );
            return Err(Denied::field("profession", refusal));
        }
        Ok(kept.seed)
    }

    fn keep(&self, account: AccountId, from: IpAddr, one: KeptRoll) -> Result<(), Denied> {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        if accounts.len() >= ACCOUNTS_MAX && !accounts.contains_key(&account) {
            make_room(&mut accounts);
        }
        let page = accounts.entry(account).or_insert_with(|| RollPage {
            from,
            made: VecDeque::new(),
            kept: VecDeque::new(),
        });
        page.from = from;
        while page.made.front().is_some_and(|at| at.elapsed() >= SPAN) {
            page.made.pop_front();
        }
        if let Some(oldest) = page.made.front()
            && self.per_minute > 0
            && page.made.len() >= self.per_minute as usize
        {
            let wait = SPAN.saturating_sub(oldest.elapsed()).as_millis();
            let wait = u64::try_from(wait).unwrap_or(u64::MAX).max(1);
            return Err(Refusal::of(Code::RateLimitExceeded).after_ms(wait).into());
        }
        if self.per_minute == 0 {
            page.made.clear();
        }
        page.made.push_back(one.at);
        if page.kept.len() >= KEPT_MAX {
            page.kept.pop_front();
        }
        page.kept.push_back(one);
        Ok(())
    }
}

/// Forgets what is over; else the oldest page of the address that has most, so that nobody pays for
/// the crowd of another address.
fn make_room(accounts: &mut HashMap<AccountId, RollPage>) {
    accounts.retain(|_, page| page.made.back().is_some_and(|at| at.elapsed() < KEPT));
    if accounts.len() < ACCOUNTS_MAX {
        return;
    }
    let mut shares: HashMap<IpAddr, usize> = HashMap::new();
    for page in accounts.values() {
        *shares.entry(page.from).or_default() += 1;
    }
    let most = shares.values().copied().max().unwrap_or(0);
    let of_the_most = |page: &RollPage| shares.get(&page.from) == Some(&most);
    let oldest = accounts
        .iter()
        .filter(|(_, page)| of_the_most(page))
        .min_by_key(|(_, page)| page.made.back().copied())
        .map(|(account, _)| *account);
    if let Some(oldest) = oldest {
        accounts.remove(&oldest);
    }
}

/// 64 bits that nobody can guess.
fn chance() -> u64 {
    let (high, low) = Uuid::new_v4().as_u64_pair();
    // Six bits of a UUID are fixed; turned against each other, no bit of the seed is.
    // Nought would count as no seed.
    (high ^ low.rotate_left(32)).max(1)
}

#[cfg(test)]
mod tests {
    use engine::content::ContentTypes;

    use super::*;

    fn book(per_minute: u32) -> Rolls {
        let professions = r#"
            [[professions]]
            number = 0
            id = "doctor"
            name = "Doctor"
            description = "Mends."
            requires = { education = 60 }
            [[professions]]
            number = 1
            id = "giant"
            name = "Giant"
            description = "Looms."
            requires = { size = 75, strength = 75, power = 75, luck = 75, charisma = 75 }
        "#;
        let sources = [engine::content::Source {
            path: "rules/professions.toml".to_owned(),
            text: professions.to_owned(),
        }];
        let types = ContentTypes::of(systems::character::plugin);
        let (_, content) = watch::channel(types.load(&sources).unwrap());
        Rolls::new(content, per_minute)
    }

    const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn field(denied: Result<impl std::fmt::Debug, Denied>) -> Option<&'static str> {
        denied.unwrap_err().field
    }

    #[test]
    fn character_gets_shown_roll() {
        let (book, ann) = (book(0), AccountId(Uuid::from_u128(1)));
        let first = book.roll(ann, HOME, Some("doctor")).unwrap();
        let second = book.roll(ann, HOME, Some("DOCTOR")).unwrap();
        assert_ne!(first.stats, second.stats);
        let born = book.born(ann, Some("Doctor"), Some(first.roll_id)).unwrap();
        assert_eq!(born.profession.as_deref(), Some("Doctor"));
        let all = book.all();
        let again = character::roll(Seed(born.seed), all.find("doctor"), &book.rolling());
        assert!(
            again
                .stats
                .iter()
                .all(|(stat, value)| first.stats[stat.word()] == i64::from(value))
        );
    }

    /// A roll is good for the account and the profession that it was made for, until it is used.
    #[test]
    fn roll_is_good_once_per_account_and_profession() {
        let (book, ann, bob) = (
            book(0),
            AccountId(Uuid::from_u128(1)),
            AccountId(Uuid::from_u128(2)),
        );
        let roll = Some(book.roll(ann, HOME, Some("doctor")).unwrap().roll_id);
        assert_eq!(field(book.born(bob, Some("doctor"), roll)), Some("roll_id"));
        assert_eq!(field(book.born(ann, None, roll)), Some("profession"));
        assert_eq!(
            field(book.born(ann, Some("wizard"), roll)),
            Some("profession")
        );
        book.born(ann, Some("doctor"), roll).unwrap();
        book.spent(ann);
        assert_eq!(field(book.born(ann, Some("doctor"), roll)), Some("roll_id"));
    }

    /// A roll that is not enough for the profession is shown, but makes no character.
    #[test]
    fn insufficient_roll_is_shown_but_makes_no_character() {
        let (book, ann) = (book(0), AccountId(Uuid::from_u128(1)));
        // One in 2,000 attempts makes a giant: some of twenty rolls of 50 attempts do not.
        let short = (0..500).map(|_| book.roll(ann, HOME, Some("giant")).unwrap());
        let short = short
            .into_iter()
            .find(|roll| !roll.meets_requirements)
            .unwrap();
        let born = book.born(ann, Some("giant"), Some(short.roll_id));
        assert_eq!(field(born), Some("roll_id"));
    }

    #[test]
    fn rolls_are_limited_per_minute_and_account() {
        let (book, ann, bob) = (
            book(2),
            AccountId(Uuid::from_u128(1)),
            AccountId(Uuid::from_u128(2)),
        );
        book.roll(ann, HOME, None).unwrap();
        book.roll(ann, HOME, None).unwrap();
        let denied = book.roll(ann, HOME, None).unwrap_err().refusal;
        assert_eq!(denied.code, Code::RateLimitExceeded);
        assert!((1..=60_000).contains(&denied.retry_after_ms.unwrap()));
        book.roll(bob, HOME, None).unwrap();
    }

    #[test]
    fn full_book_forgets_the_greediest_address_first() {
        let book = book(0);
        let account = |n: usize| AccountId(Uuid::from_u128(n as u128 + 1));
        let born = |n, roll: &Rolled| book.born(account(n), None, Some(roll.roll_id));
        let alone = book.roll(account(0), HOME, None).unwrap();
        let elsewhere = IpAddr::from([203, 0, 113, 7]);
        let crowd: Vec<Rolled> = (1..=ACCOUNTS_MAX + 10)
            .map(|n| book.roll(account(n), elsewhere, None).unwrap())
            .collect();
        born(0, &alone).unwrap();
        // Eleven too many: the eldest of the crowd.
        assert_eq!(field(born(11, &crowd[10])), Some("roll_id"));
        born(12, &crowd[11]).unwrap();
        born(ACCOUNTS_MAX + 10, &crowd[ACCOUNTS_MAX + 9]).unwrap();
        let next = book.roll(account(ACCOUNTS_MAX + 11), HOME, None).unwrap();
        born(ACCOUNTS_MAX + 11, &next).unwrap();
    }
}
