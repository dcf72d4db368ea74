//! From a type with `#[note(…)]` to its implementations.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned as _;
use syn::{
    Data, DeriveInput, Error, Expr, Field, Fields, Ident, LitStr, Member, Path, Result, Token, Type,
};

/// What stands in the `#[note(…)]` of a type.
#[derive(Default)]
struct NoteArgs {
    events: Vec<LitStr>,
    by: Option<Ident>,
    says: Option<LitStr>,
    ink: Option<Ident>,
    prose: Option<Path>,
    gmcp: Option<Path>,
    replaces: Option<LitStr>,
    coalesce: Option<Path>,
    examples: Vec<Expr>,
    all_examples: Option<Path>,
}

enum NoteArg {
    Event(LitStr),
    By(Ident),
    Says(LitStr),
    Ink(Ident),
    Prose(Path),
    Gmcp(Path),
    Replaces(LitStr),
    Coalesce(Path),
    Example(Box<Expr>),
    Examples(Path),
}

impl Parse for NoteArg {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if input.peek(LitStr) {
            return input.parse().map(Self::Event);
        }
        let key: Ident = input.parse()?;
        input.parse::<Token![=]>()?;
        match key.to_string().as_str() {
            "by" => input.parse().map(Self::By),
            "says" => input.parse().map(Self::Says),
            "ink" => input.parse().map(Self::Ink),
            "prose" => input.parse().map(Self::Prose),
            "gmcp" => input.parse().map(Self::Gmcp),
            "replaces" => input.parse().map(Self::Replaces),
            "coalesce" => input.parse().map(Self::Coalesce),
            "example" => input.parse().map(|one| Self::Example(Box::new(one))),
            "examples" => input.parse().map(Self::Examples),
            _ => Err(Error::new(
                key.span(),
                "a note has `by`, `says`, `ink`, `prose`, `gmcp`, `replaces`, `coalesce`, `example` and `examples`",
            )),
        }
    }
}

impl NoteArgs {
    fn of(input: &DeriveInput) -> Result<Self> {
        let mut all = Self::default();
        for attribute in input.attrs.iter().filter(|one| one.path().is_ident("note")) {
            let args = Punctuated::<NoteArg, Token![,]>::parse_terminated;
            for arg in attribute.parse_args_with(args)? {
                match arg {
                    NoteArg::Event(event) => all.events.push(event),
                    NoteArg::By(field) => all.by = Some(field),
                    NoteArg::Says(text) => all.says = Some(text),
                    NoteArg::Ink(ink) => all.ink = Some(ink),
                    NoteArg::Prose(path) => all.prose = Some(path),
                    NoteArg::Gmcp(path) => all.gmcp = Some(path),
                    NoteArg::Replaces(key) => all.replaces = Some(key),
                    NoteArg::Coalesce(path) => all.coalesce = Some(path),
                    NoteArg::Example(example) => all.examples.push(*example),
                    NoteArg::Examples(path) => all.all_examples = Some(path),
                }
            }
        }
        let whole = input.ident.span();
        match (all.events.len(), &all.by) {
            (1, None) | (2, Some(_)) => {}
            (0, _) => return Err(Error::new(whole, "say its type: `#[note(\"dark\", …)]`")),
            (2, None) => return Err(Error::new(whole, "say which of both: `by = a_bool_field`")),
            _ => return Err(Error::new(whole, "a note has one type, or two and `by`")),
        }
        if all.examples.is_empty() && all.all_examples.is_none() {
            let message = "show one as it might be sent: `example = Self { … }`";
            return Err(Error::new(whole, message));
        }
        Ok(all)
    }
}

pub(crate) fn derive(input: &DeriveInput) -> Result<TokenStream> {
    let args = NoteArgs::of(input)?;
    let Data::Struct(data) = &input.data else {
        return Err(Error::new(input.ident.span(), "a note is a struct"));
    };
    let name = &input.ident;
    let (impl_generics, type_generics, bounds) = input.generics.split_for_impl();
    let event_type = event_type(&args);
    let prose = prose(&args, &data.fields)?;
    let gmcp = args.gmcp.as_ref().map(|path| {
        quote! {
            fn gmcp(&self) -> ::std::vec::Vec<::engine::port::Gmcp> { #path(self) }
        }
    });
    let key = match (&args.replaces, &args.coalesce) {
        (Some(key), _) => Some(quote!(::core::option::Option::Some(#key))),
        (None, Some(path)) => Some(quote!(#path(self))),
        (None, None) => None,
    };
    let coalesce = key.map(|key| {
        quote! {
            fn coalesce(&self) -> ::core::option::Option<&'static str> { #key }
        }
    });
    let room = marked(&data.fields, "room")?.map(|(field, optional)| {
        let value = match optional {
            true => quote!(self.#field.as_deref()),
            false => quote!(::core::option::Option::Some(&*self.#field)),
        };
        quote! {
            fn room_id(&self) -> ::core::option::Option<&str> { #value }
        }
    });
    let player = marked(&data.fields, "player")?.map(|(field, optional)| {
        let value = match optional {
            true => quote!(self.#field),
            false => quote!(::core::option::Option::Some(self.#field)),
        };
        quote! {
            fn player_id(&self) -> ::core::option::Option<::engine::port::StableId> { #value }
        }
    });
    let events = &args.events;
    let examples = match &args.all_examples {
        Some(path) => quote!(#path()),
        None => {
            let each = &args.examples;
            quote!(::std::vec![#(#each),*])
        }
    };
    Ok(quote! {
        impl #impl_generics ::engine::port::Note for #name #type_generics #bounds {
            #event_type
            fn data(&self) -> &dyn ::engine::port::Serializable { self }
            #prose
            #gmcp
            #coalesce
            #room
            #player
        }
        impl #impl_generics ::engine::port::Published for #name #type_generics #bounds {
            const TYPES: &'static [&'static str] = &[#(#events),*];
            fn examples() -> ::std::vec::Vec<Self> { #examples }
        }
    })
}

fn event_type(args: &NoteArgs) -> TokenStream {
    let word = match (&args.events[..], &args.by) {
        ([first, second], Some(by)) => quote!(if self.#by { #first } else { #second }),
        (all, _) => {
            let only = &all[0];
            quote!(#only)
        }
    };
    quote! {
        fn event_type(&self) -> &'static str { #word }
    }
}

fn prose(args: &NoteArgs, fields: &Fields) -> Result<Option<TokenStream>> {
    let told = match (&args.says, &args.prose) {
        (Some(text), None) => {
            let ink = args
                .ink
                .as_ref()
                .map_or_else(|| quote!(Plain), |ink| quote!(#ink));
            let names: Vec<&Ident> = fields.iter().filter_map(|one| one.ident.as_ref()).collect();
            quote! {
                #[allow(unused_variables, reason = "the text need not say all")]
                let Self { #(#names),* } = self;
                let words = ::std::format!(#text);
                ::core::option::Option::Some(::engine::port::Prose::of(::engine::port::Ink::#ink, words))
            }
        }
        (None, Some(path)) => quote!(#path(self)),
        (None, None) => return Ok(None),
        (Some(text), Some(_)) => {
            return Err(Error::new(text.span(), "`says` or `prose`, not both"));
        }
    };
    Ok(Some(quote! {
        fn prose(&self) -> ::core::option::Option<::engine::port::Prose> { #told }
    }))
}

/// The field that is marked so, and whether it may be missing.
fn marked(fields: &Fields, mark: &str) -> Result<Option<(Member, bool)>> {
    let mut found = None;
    for (member, field) in fields.members().zip(fields) {
        if marks(field)?.iter().any(|one| one == mark) {
            if found.is_some() {
                return Err(Error::new(
                    field.span(),
                    format!("two fields are the {mark}"),
                ));
            }
            found = Some((member, is_option(&field.ty)));
        }
    }
    Ok(found)
}

fn marks(field: &Field) -> Result<Vec<String>> {
    let mut marks = Vec::new();
    for attribute in field.attrs.iter().filter(|one| one.path().is_ident("note")) {
        let all = attribute.parse_args_with(Punctuated::<Ident, Token![,]>::parse_terminated)?;
        for one in all {
            if one != "room" && one != "player" {
                return Err(Error::new(
                    one.span(),
                    "a field is the `room` or the `player`",
                ));
            }
            marks.push(one.to_string());
        }
    }
    Ok(marks)
}

fn is_option(of: &Type) -> bool {
    match of {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .is_some_and(|last| last.ident == "Option"),
        _ => false,
    }
}
