//! Which characters people may send to other people: those that can be seen, that stay in their
//! own line and leave the direction of everything else alone.

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};

use super::LineFault;

/// Marks that may stand on one letter. Pointed Hebrew has four, Vietnamese two; what is stacked
/// higher covers the lines above and below.
const MARKS_MAX: usize = 4;

const ZWNJ: char = '\u{200c}';
const ZWJ: char = '\u{200d}';

/// Blanks that are letters or symbols to Unicode: fillers of Hangul, an empty Braille cell, an
/// empty note.
const fn is_filler(c: char) -> bool {
    matches!(
        c,
        '\u{115f}' | '\u{1160}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}' | '\u{1d159}'
    )
}

/// What only changes the letter before it, and is nothing alone: joiners, variation selectors.
const fn is_follower(c: char) -> bool {
    matches!(
        c,
        ZWNJ | ZWJ
            | '\u{034f}'
            | '\u{17b4}'
            | '\u{17b5}'
            | '\u{180b}'..='\u{180d}'
            | '\u{180f}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{16fe4}'
            | '\u{e0100}'..='\u{e01ef}'
    )
}

/// Whether a character breaks lines, turns text around or can't be seen. Joiners may stay: scripts
/// and emoji need them. So may the signs that Arabic, Syriac and Kaithi write before numbers.
fn is_refused(c: char) -> bool {
    let sign = matches!(
        c,
        '\u{600}'
            ..='\u{605}'
                | '\u{6dd}'
                | '\u{70f}'
                | '\u{890}'
                | '\u{891}'
                | '\u{8e2}'
                | '\u{110bd}'
                | '\u{110cd}'
    );
    match c.general_category() {
        GeneralCategory::Control => c != '\t',
        GeneralCategory::Format => !is_follower(c) && !sign,
        GeneralCategory::LineSeparator | GeneralCategory::ParagraphSeparator => true,
        // Tags that are not assigned yet are as invisible as the others.
        _ => matches!(c, '\u{e0000}'..='\u{e00ff}' | '\u{e01f0}'..='\u{e0fff}'),
    }
}

/// Whether no words of people may hold a character: it controls, hides, breaks lines or turns text
/// around.
#[must_use]
pub fn is_hidden(c: char) -> bool {
    is_refused(c) || c == '\t'
}

fn is_mark(c: char) -> bool {
    matches!(
        c.general_category(),
        GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark
    )
}

/// Whether nothing of a text can be seen.
pub(super) fn is_blank(text: &str) -> bool {
    let blank = |c: char| {
        c.is_whitespace() || is_filler(c) || is_follower(c) || is_refused(c) || is_mark(c)
    };
    text.chars().all(blank)
}

/// The text as others may see it: blanks of all kinds that are no spaces become spaces, and what
/// follows no letter goes.
///
/// # Errors
/// When it holds a character that may not be sent, or a letter under too many marks.
pub(super) fn legible(text: &str) -> Result<String, LineFault> {
    let mut legible = String::with_capacity(text.len());
    let (mut marks, mut before) = (0, ' ');
    for c in text.chars() {
        if c.is_control() && c != '\t' {
            return Err(LineFault::ControlCharacter);
        }
        let joins = |c| c == ZWJ || c == ZWNJ;
        if is_refused(c) || (joins(c) && joins(before)) {
            return Err(LineFault::Invisible);
        }
        let c = if is_filler(c) || c == '\t' { ' ' } else { c };
        if is_follower(c) && before.is_whitespace() {
            continue;
        }
        if is_mark(c) {
            marks += 1;
        } else if !joins(c) {
            marks = 0;
        }
        if marks > MARKS_MAX {
            return Err(LineFault::Marks);
        }
        legible.push(c);
        before = c;
    }
    Ok(legible)
}
