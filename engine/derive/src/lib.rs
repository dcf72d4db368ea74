//! `#[derive(Note)]`: what a note needs beside its fields.
//!
//! Use it by `engine::prelude`; how is said at `engine::port::Note`.

mod note;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Implements `Note` and `Published`.
///
/// On the type, `#[note(…)]`:
///
/// | | |
/// |---|---|
/// | `"dark"` | its type of event |
/// | `"came", "went", by = entered` | two types: the first where that `bool` field is true |
/// | `says = "{name} nods."` | what a text client reads; fields may stand in braces |
/// | `ink = Faint` | how that is colored; `Plain` unless said |
/// | `prose = Self::told` | instead of `says`: a function `(&Self) -> Option<Prose>` |
/// | `gmcp = Self::vitals` | a function `(&Self) -> Vec<Gmcp>` |
/// | `replaces = "dark"` | waiting ones of this key are replaced by a newer one |
/// | `coalesce = Self::key` | instead of `replaces`: a function `(&Self) -> Option<&'static str>` |
/// | `example = Self { … }` | a note as it might be sent; one for each type at least |
/// | `examples = Self::shown` | instead of `example`: a function `() -> Vec<Self>` |
///
/// On a field: `#[note(room)]` is the envelope's `room_id`, `#[note(player)]` its `player_id`;
/// either may be an `Option`.
#[proc_macro_derive(Note, attributes(note))]
pub fn derive_note(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    note::derive(&input)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
