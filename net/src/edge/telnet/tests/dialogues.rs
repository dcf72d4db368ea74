//! What clients negotiate, as their documentation gives it: the server must come to the same terms.

use super::super::codes::{IAC, SB, SE};
use super::FakeStream;

const WILL: u8 = 251;
const WONT: u8 = 252;
const DO: u8 = 253;
const DONT: u8 = 254;

fn sub(option: u8, content: &[u8]) -> Vec<u8> {
    [&[IAC, SB, option], content, &[IAC, SE]].concat()
}

/// One turn: what the client says, and what is answered to the byte.
fn turn(stream: &mut FakeStream, said: &[&[u8]], answered: &[&[u8]]) {
    let heard = stream.hears(&said.concat());
    assert_eq!(heard, answered.concat(), "after {said:?}");
}

/// The question for the variables of MNES.
fn variables() -> Vec<u8> {
    let names = [
        "CHARSET",
        "CLIENT_NAME",
        "CLIENT_VERSION",
        "MTTS",
        "OSC_HYPERLINKS_SEND",
        "SCREEN_READER",
        "TERMINAL_TYPE",
        "WORD_WRAP",
    ];
    let content: Vec<u8> = names
        .iter()
        .flat_map(|name| [&[0], name.as_bytes()].concat())
        .collect();
    sub(39, &[&[1], content.as_slice()].concat())
}

/// Agrees to all but compression, tells MTTS by the third type, speaks GMCP.
#[test]
fn mudlet_negotiation_gets_documented_answers() {
    let mut stream = FakeStream::open(0);
    turn(&mut stream, &[&[IAC, WILL, 24]], &[&sub(24, &[1])]);
    turn(&mut stream, &[&sub(24, b"\0MUDLET")], &[&sub(24, &[1])]);
    turn(
        &mut stream,
        &[&sub(24, b"\0ANSI-TRUECOLOR")],
        &[&sub(24, &[1])],
    );
    turn(&mut stream, &[&sub(24, b"\0MTTS 2349")], &[]);
    turn(
        &mut stream,
        &[&[IAC, WILL, 31], &sub(31, &[0, 100, 0, 40])],
        &[],
    );
    turn(&mut stream, &[&[IAC, WILL, 39]], &[&variables()]);
    let told = b"\0\0OSC_HYPERLINKS_SEND\x011\0MTTS\x012349";
    turn(&mut stream, &[&sub(39, told)], &[]);
    turn(&mut stream, &[&[IAC, DO, 42]], &[&sub(42, b"\x01;UTF-8")]);
    turn(&mut stream, &[&sub(42, b"\x02UTF-8")], &[]);
    turn(&mut stream, &[&[IAC, DO, 25], &[IAC, DONT, 70]], &[]);
    let login = sub(
        201,
        br#"Char.Login.Default {"type":["password-credentials"]}"#,
    );
    turn(&mut stream, &[&[IAC, DO, 201]], &[&login]);
    let hello = br#"Core.Hello { "client": "Mudlet", "version": "4.20.0" }"#;
    stream.hears(&sub(201, hello));
    assert!(stream.messages[0].starts_with("gmcp Core.Hello"));
    let text = stream.says("Ways: \x0eBnorth\x0f, \x0eBup\x0f\n");
    let text = String::from_utf8_lossy(&text).into_owned();
    assert!(
        text.contains("\x1b[38;2;95;175;175m\x1b]8;;send:north\x1b\\north"),
        "{text:?}"
    );
    assert!(text.len() > 10 && stream.says("x\n").ends_with(&[b' ', IAC, 239]));
}

/// Offers its types at once and shows 256 colors.
#[test]
fn tintin_negotiation_gets_documented_answers() {
    let mut stream = FakeStream::open(0);
    turn(
        &mut stream,
        &[&[IAC, WILL, 31, IAC, WILL, 24]],
        &[&sub(24, &[1])],
    );
    turn(
        &mut stream,
        &[&sub(31, &[0, 80, 0, 24]), &sub(24, b"\0TINTIN++")],
        &[&sub(24, &[1])],
    );
    turn(&mut stream, &[&sub(24, b"\0XTERM")], &[&sub(24, &[1])]);
    turn(&mut stream, &[&sub(24, b"\0MTTS 141")], &[]);
    turn(
        &mut stream,
        &[&[IAC, WONT, 39, IAC, DO, 42]],
        &[&sub(42, b"\x01;UTF-8")],
    );
    turn(
        &mut stream,
        &[&sub(42, b"\x02UTF-8"), &[IAC, DO, 25, IAC, DONT, 201]],
        &[],
    );
    turn(&mut stream, &[&[IAC, DO, 3]], &[&[IAC, WILL, 3]]);
    let said = stream.says("\x0eCAnn\x0f says hello\n");
    assert_eq!(said, b"\x1b[38;5;179mAnn\x1b[0m says hello\r\n> \xff\xef");
}

/// Says no to most, and is a terminal that only knows its own name.
#[test]
fn mushclient_negotiation_gets_documented_answers() {
    let mut stream = FakeStream::open(0);
    turn(&mut stream, &[&[IAC, WILL, 24]], &[&sub(24, &[1])]);
    turn(&mut stream, &[&sub(24, b"\0mushclient")], &[&sub(24, &[1])]);
    turn(&mut stream, &[&sub(24, b"\0ANSI")], &[&sub(24, &[1])]);
    turn(&mut stream, &[&sub(24, b"\0MTTS 9")], &[]);
    let no = [
        IAC, WONT, 31, IAC, WONT, 39, IAC, DONT, 42, IAC, DONT, 70, IAC, DONT, 25,
    ];
    turn(&mut stream, &[&no, &[IAC, DONT, 201]], &[]);
    let said = stream.says("“Café”\n");
    // Without UTF-8, and with a go-ahead, which it takes for the prompt's end.
    assert_eq!(said, b"\"Cafe\"\r\n> \xff\xf9");
}

/// A crawler asks for the server's status and nothing else.
#[test]
fn crawler_gets_the_status() {
    let mut stream = FakeStream::open(0);
    let status = sub(70, b"\x01NAME\x02Attic\x01PLAYERS\x023");
    turn(&mut stream, &[&[IAC, DO, 70]], &[&status]);
    turn(&mut stream, &[&[IAC, DO, 70]], &[]);
}

/// The telnet of a system: nothing until it is asked, and its own names for terminals.
#[test]
fn system_telnet_negotiation_gets_documented_answers() {
    let mut stream = FakeStream::open(0);
    let first = [
        IAC, WILL, 24, IAC, WILL, 31, IAC, WILL, 39, IAC, DONT, 42, IAC, DONT, 25,
    ];
    turn(
        &mut stream,
        &[&first, &sub(31, &[0, 40, 0, 24])],
        &[&sub(24, &[1]), &variables()],
    );
    turn(
        &mut stream,
        &[&sub(24, b"\0XTERM-256COLOR")],
        &[&sub(24, &[1])],
    );
    turn(
        &mut stream,
        &[&sub(24, b"\0XTERM-256COLOR"), &sub(39, b"\0")],
        &[],
    );
    let said = stream.says("a line of more than forty columns, all in all\n");
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(
        said.contains("a line of more than forty columns, all\r\nin all\r\n> "),
        "{said:?}"
    );
}
