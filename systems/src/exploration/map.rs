//! The `map` verb: the explored rooms around you, in characters.

use engine::prelude::*;

use super::Explored;
use crate::command::{Needs, Usage, Verb, Words};
use crate::place::InRoom;
use crate::world::{Atlas, RoomIx};

/// How many rooms the map shows in each direction.
const REACH: i32 = 4;
/// A room is `[ ]` and one character to the next; a row of rooms and one to the next.
const CELL: (usize, usize) = (4, 2);
const WIDTH: usize = (2 * REACH as usize) * CELL.0 + 3;
const HEIGHT: usize = (2 * REACH as usize) * CELL.1 + 1;

/// `map`
#[derive(Message, Debug)]
pub(super) struct Map(Order);

impl Verb for Map {
    const WORDS: &'static [&'static str] = &["map"];
    const USAGE: &'static str = "map";
    const HELP: &'static str = "Draws the places around you that you have been to. North is up; a way that ends in nothing leads where you have not been.";
    const NEEDS: Needs = Needs::MIND;

    fn read(order: Order, _: Words<'_>) -> Result<Self, Usage> {
        Ok(Self(order))
    }
}

/// Draws the map.
pub(super) fn map(
    mut asked: MessageReader<Map>,
    explorers: Query<(&InRoom, &Explored)>,
    atlas: Res<Atlas>,
    mut answers: MessageWriter<Answer>,
) {
    for Map(order) in asked.read() {
        answers.write(match explorers.get(order.actor) {
            Ok((InRoom(here), explored)) => {
                let rooms: Vec<RoomIx> = explored.rooms(&atlas).collect();
                let (name, sub_zone) = (&atlas.room(*here).name, &atlas.sub_zone(*here).name);
                let drawing = draw(&atlas, &rooms, *here);
                Answer::with(
                    *order,
                    format!(
                        "{name}, {sub_zone}\n{drawing}\n@ you   ^ way up   v way down   % both"
                    ),
                )
            }
            Err(_) => Answer::refused(*order, Code::GameLogicError, "You are nowhere."),
        });
    }
}

/// The floor around `here`, as far as it is explored, without blank edges.
fn draw(atlas: &Atlas, explored: &[RoomIx], here: RoomIx) -> String {
    let centre = atlas.room(here).at;
    let mut canvas = [[' '; WIDTH]; HEIGHT];
    // Where two rooms claim one spot, the one you are in has it, else the first of the atlas.
    let mut rooms = explored.to_vec();
    rooms.sort_unstable_by_key(|room| (*room != here, *room));
    for room in rooms {
        let (east, north, up) = atlas.room(room).at;
        let (east, north) = (east - centre.0, north - centre.1);
        if up != centre.2 || east.abs() > REACH || north.abs() > REACH {
            continue;
        }
        let left = (east + REACH) as usize * CELL.0;
        let top = (REACH - north) as usize * CELL.1;
        if canvas[top][left] != '[' {
            draw_room(&mut canvas, (left, top), atlas, room, room == here);
        }
    }
    trimmed(&canvas)
}

fn draw_room(
    canvas: &mut [[char; WIDTH]; HEIGHT],
    (left, top): (usize, usize),
    atlas: &Atlas,
    room: RoomIx,
    here: bool,
) {
    let mut stairs = (false, false);
    for exit in &atlas.room(room).exits {
        let (east, north, up) = exit.way.step();
        stairs.0 |= up > 0;
        stairs.1 |= up < 0;
        if up != 0 {
            continue;
        }
        let stroke = match (east, north) {
            (0, _) => '|',
            (_, 0) => '-',
            _ if east == north => '/',
            _ => '\\',
        };
        let column = left.checked_add_signed((1 + 2 * east) as isize);
        let row = top.checked_add_signed(-north as isize);
        let (Some(column), Some(row)) = (column, row) else {
            continue;
        };
        if let Some(spot) = canvas.get_mut(row).and_then(|row| row.get_mut(column)) {
            *spot = match *spot {
                ' ' => stroke,
                other if other == stroke => stroke,
                _ => 'X',
            };
        }
    }
    let inside = match (here, stairs) {
        (true, _) => '@',
        (_, (true, true)) => '%',
        (_, (true, false)) => '^',
        (_, (false, true)) => 'v',
        _ => ' ',
    };
    canvas[top][left..left + 3].copy_from_slice(&['[', inside, ']']);
}

fn trimmed(canvas: &[[char; WIDTH]; HEIGHT]) -> String {
    let inked = |row: &&[char; WIDTH]| row.iter().any(|spot| *spot != ' ');
    let left = canvas
        .iter()
        .filter_map(|row| row.iter().position(|spot| *spot != ' '))
        .min()
        .unwrap_or(0);
    let first = canvas.iter().position(|row| inked(&row)).unwrap_or(0);
    let last = canvas.iter().rposition(|row| inked(&row)).unwrap_or(0);
    let lines = canvas[first..=last].iter().map(|row| {
        let line: String = row[left..].iter().collect();
        line.trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}
