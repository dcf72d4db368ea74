//! The `map` verb: the explored rooms around you, in characters.

use engine::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Explored, MapRoom};
use crate::cast::FOYER;
use crate::command::{Needs, Usage, Verb, Words};
use crate::place::{HiddenWays, InRoom};
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
    hidden: Res<HiddenWays>,
    mut answers: MessageWriter<Answer>,
) {
    for Map(order) in asked.read() {
        answers.write(match explorers.get(order.actor) {
            Ok((InRoom(here), explored)) => {
                let rooms = within_reach(&atlas, explored.rooms(&atlas), *here);
                let (name, sub_zone) = (&atlas.room(*here).name, &atlas.sub_zone(*here).name);
                let drawing = draw(&atlas, &hidden, &rooms, *here);
                let text = format!(
                    "{name}, {sub_zone}\n{drawing}\n@ you   ^ way up   v way down   % both"
                );
                let rooms = rooms.iter().map(|room| MapRoom::of(&atlas, &hidden, *room));
                let data = MapView {
                    here: atlas.room(*here).id.clone(),
                    rooms: rooms.collect(),
                };
                Answer::with_data(*order, text, data)
            }
            Err(_) => Answer::refused(*order, Code::GameLogicError, "You are nowhere."),
        });
    }
}

/// What is drawn.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct MapView {
    /// The id of the room that one is in.
    here: String,
    /// The explored rooms on this floor that the map shows, that one first.
    rooms: Vec<MapRoom>,
}

impl CommandResult for MapView {
    const KIND: &'static str = "map";

    fn examples() -> Vec<Self> {
        vec![Self {
            here: FOYER.to_owned(),
            rooms: MapRoom::shown(),
        }]
    }
}

/// Those rooms on the floor of `here` that the map shows. Where two claim one spot, the one you are in
/// has it, else the first of the atlas.
fn within_reach(
    atlas: &Atlas,
    explored: impl Iterator<Item = RoomIx>,
    here: RoomIx,
) -> Vec<RoomIx> {
    let centre = atlas.room(here).at;
    let near = |room: &RoomIx| {
        let (east, north, up) = atlas.room(*room).at;
        up == centre.2 && (east - centre.0).abs() <= REACH && (north - centre.1).abs() <= REACH
    };
    let mut rooms: Vec<RoomIx> = explored.filter(near).collect();
    rooms.sort_unstable_by_key(|room| (*room != here, *room));
    rooms
}

/// The floor around `here` with these rooms, without blank edges.
fn draw(atlas: &Atlas, hidden: &HiddenWays, rooms: &[RoomIx], here: RoomIx) -> String {
    let centre = atlas.room(here).at;
    let mut canvas = [[' '; WIDTH]; HEIGHT];
    for room in rooms.iter().copied() {
        let (east, north, _) = atlas.room(room).at;
        let (east, north) = (east - centre.0, north - centre.1);
        let left = (east + REACH) as usize * CELL.0;
        let top = (REACH - north) as usize * CELL.1;
        if canvas[top][left] != '[' {
            draw_room(
                &mut canvas,
                (left, top),
                (atlas, hidden),
                room,
                room == here,
            );
        }
    }
    trimmed(&canvas)
}

fn draw_room(
    canvas: &mut [[char; WIDTH]; HEIGHT],
    (left, top): (usize, usize),
    (atlas, hidden): (&Atlas, &HiddenWays),
    room: RoomIx,
    here: bool,
) {
    let mut stairs = (false, false);
    let exits = atlas.room(room).exits.iter();
    // No map shows what has to be found.
    for exit in exits.filter(|exit| !hidden.has(room, exit.way)) {
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
