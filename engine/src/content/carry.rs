//! What lasts over a change of content, and is carried over to the new one.

use std::any::{Any, TypeId};
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;

use bevy_ecs::world::World;

use super::Content;

/// From one content to another.
pub struct Carryover<'a> {
    from: &'a Content,
    to: &'a Content,
    known: RefCell<HashMap<TypeId, Rc<dyn Any>>>,
}

/// What is worked out once of two contents: which place here is which there.
pub trait Between: 'static {
    /// Works it out.
    fn between(from: &Content, to: &Content) -> Self;
}

/// How one kind of state is carried over.
pub(crate) type Carry = Box<dyn Fn(&mut World, &Carryover<'_>) + Send + Sync>;

/// Every kind, with its plugin and its type's name.
pub(crate) type Carries = Vec<(usize, &'static str, Carry)>;

impl fmt::Debug for Carryover<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Carryover").finish_non_exhaustive()
    }
}

impl<'a> Carryover<'a> {
    pub(crate) fn new(from: &'a Content, to: &'a Content) -> Self {
        Self {
            from,
            to,
            known: RefCell::default(),
        }
    }

    /// What a reader made of the content that was.
    #[must_use]
    pub fn from<T: Send + Sync + 'static>(&self) -> Option<&'a T> {
        self.from.get()
    }

    /// What a reader made of the content that is to be.
    #[must_use]
    pub fn to<T: Send + Sync + 'static>(&self) -> Option<&'a T> {
        self.to.get()
    }

    /// What is worked out of both, once.
    #[must_use]
    pub fn map<M: Between>(&self) -> Rc<M> {
        let known = self.known.borrow().get(&TypeId::of::<M>()).cloned();
        if let Some(Ok(known)) = known.map(Rc::downcast::<M>) {
            return known;
        }
        let made = Rc::new(M::between(self.from, self.to));
        let kept: Rc<dyn Any> = Rc::<M>::clone(&made);
        self.known.borrow_mut().insert(TypeId::of::<M>(), kept);
        made
    }
}
