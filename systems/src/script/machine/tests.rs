use std::sync::Arc;

use super::super::rehearse::top;
use super::*;

const LIMIT: u64 = 20_000;

/// Reads a script without a world.
fn read(machine: &Machine, text: &str) -> Result<ScriptCode, Vec<ScriptFault>> {
    machine.read("sample", text, top("sample", &Arc::default()))
}

/// Calls `main` of a script.
fn call(text: &str) -> Called {
    call_for(text, LIMIT)
}

/// The same, for so many operations.
fn call_for(text: &str, limit: u64) -> Called {
    let machine = Machine::new();
    let code = read(&machine, text).unwrap_or_else(|faults| panic!("{text}: {faults:?}"));
    let frame = CallFrame {
        constants: Arc::clone(&code.constants),
        declares: None,
        ..top("sample", &Arc::default())
    };
    machine.call(&code, "main", Vec::new(), frame, limit)
}

/// What the statements of a function come to.
fn value(body: &str) -> String {
    let called = call(&format!("fn main() {{ {body} }}"));
    match called.result {
        Ok((value, _)) => value.to_string(),
        Err(fault) => fault.message,
    }
}

/// The operations of a call, and whether it was cut.
fn spent(body: &str) -> (u64, bool) {
    let called = call(&format!("fn main() {{ {body} }}"));
    let cut = called.result.as_ref().is_err_and(|fault| fault.cut);
    assert!(
        cut || called.result.is_ok(),
        "{body}: {:?}",
        called.result.err()
    );
    (called.spent, cut)
}

#[test]
fn library_functions_answer_as_documented() {
    for (body, answer) in [
        ("max(3, abs(-7)) + sign(-2) + clamp(9, 0, 5)", "11"),
        ("to_int(round(2.5)) + to_int(\" 4 \")", "7"),
        (
            "\"bell\".to_upper() + \" Hall \".trim().to_lower()",
            "BELLhall",
        ),
        (
            "\"a bell rings\".replace(\"bell\", \"gong\")",
            "a gong rings",
        ),
        (
            "\"a bell rings\".words().len() + \"bell\".index_of(\"ll\")",
            "5",
        ),
        ("\"bell\".sub_string(-3, 2)", "el"),
        ("[3, 1, 2].join(\"-\")", "3-1-2"),
        (
            "let l = [3, 1, 2]; l.sort(); l.reverse(); l.join(\"\")",
            "321",
        ),
        (
            "let l = [1]; l.push(2); l.insert(0, 0); l.shift() + l.pop() + l.len()",
            "3",
        ),
        ("[1, [2, 3]] == [1, [2, 3]]", "true"),
        ("#{ a: [1] } != #{ a: [2] }", "true"),
        (
            "2 in [1, 2] && \"el\" in \"bell\" && \"a\" in #{ a: 1 }",
            "true",
        ),
        (
            "let m = #{ b: 1, a: 2 }; m.keys().join(\"\") + m.get(\"c\", 7)",
            "ab7",
        ),
        ("`${1 + 1} of ${true}`", "2 of true"),
        ("let n = 0; for x in 1..=4 { n += x } n", "10"),
    ] {
        assert_eq!(value(body), answer, "{body}");
    }
}

#[test]
fn endless_loops_are_cut_at_equal_counts() {
    for body in [
        "loop { }",
        "while true { let a = 1; }",
        "let n = 0; loop { n += 1; }",
        "for i in 0..1000000000 { }",
        "for i in 0..1000000000 { let a = i; }",
        "let s = \"\"; loop { s = \"a\" + \"b\"; }",
        "try { loop { } } catch { }",
        "loop { try { loop { } } catch { } }",
    ] {
        let (first, second) = (spent(body), spent(body));
        assert_eq!(first, second, "{body}");
        assert_eq!(first, (LIMIT, true), "{body}");
    }
}

#[test]
fn recursion_ends_before_stack_does() {
    let called = call("fn down(n) { down(n + 1) } fn main() { down(0) }");
    let fault = called.result.map(|_| ()).unwrap_err();
    assert!(
        fault.message.to_lowercase().contains("overflow"),
        "{fault:?}"
    );
}

/// A list of so many numbers, and of so many texts.
fn lists(count: usize) -> String {
    let numbers: Vec<String> = (0..count).rev().map(|n| n.to_string()).collect();
    let pairs: Vec<String> = (0..count).map(|n| format!("k{n}: {n}")).collect();
    let text = "a ".repeat(count * 16);
    format!(
        "let list = [{}]; let map = #{{ {} }}; let text = \"{text}\"; let t = 0; t = ",
        numbers.join(","),
        pairs.join(",")
    )
}

#[test]
fn bulk_functions_cost_more_with_more_elements() {
    for work in [
        "list.contains(-1)",
        "list.index_of(-1)",
        "-1 in list",
        "list == list",
        "list != list",
        "map == map",
        "map.keys()",
        "map.values()",
        "list.sort()",
        "list.reverse()",
        "list.slice(0, 200)",
        "list.join(\",\")",
        "list.push(1)",
        "list.insert(0, 1)",
        "list.remove(0)",
        "list",
        "map",
        "text.replace(\"a\", \"b\")",
        "text.to_upper()",
        "text.contains(\"c\")",
        "text.index_of(\"c\")",
        "text.words()",
        "text.sub_string(0, 1)",
        "text.len()",
        "text",
    ] {
        let cost = |count: usize| {
            let without = spent(&format!("{} 0;", lists(count))).0;
            let with = spent(&format!("{} {work};", lists(count)));
            assert!(!with.1, "{work}");
            with.0 - without
        };
        // As many words as a list may hold values.
        let (few, many) = (cost(2), cost(16));
        let more = many > few || (work.contains("text") && cost(15) >= few);
        assert!(more, "{work}: {few} for 2, {many} for 16");
    }
}

/// The worst cases of the measurements that led to this library: each is cut, and each operation
/// stands for few elements.
#[test]
fn worst_cases_are_cut_within_bounds() {
    let list = "let l = []; for i in 0..250 { l.push(i); } let k = l;";
    let map = "let m = #{}; for i in 0..200 { m[`k${i}`] = i; } let k = m;";
    let text = "let s = \"ab\"; for i in 0..11 { s += s; } let k = s;";
    for (prepare, work) in [
        (list, "l.contains(-1)"),
        (list, "l == k"),
        (list, "k = l"),
        (list, "l.sort()"),
        (list, "l.slice(0, 250)"),
        (map, "m == k"),
        (map, "m.keys()"),
        (map, "k = m"),
        (text, "s.replace(\"a\", \"c\")"),
        (text, "s.to_upper()"),
        (text, "s == k"),
        (text, "s.contains(\"x\")"),
    ] {
        let body =
            format!("{prepare} let n = 0; loop {{ n += 1; {work}; if n > 3000 {{ break }} }}");
        let (spent, cut) = spent(&body);
        assert!(cut && spent == LIMIT, "{work}: {spent}");
    }
}

#[test]
fn sizes_are_bounded() {
    for body in [
        "let l = []; loop { l.push(1); }",
        "let l = [1]; loop { l += l; }",
        "let l = []; loop { l.push([1, 2, 3]); }",
        "let m = #{}; let n = 0; loop { n += 1; m[`${n}`] = n; }",
        "let s = \"x\"; loop { s += s; }",
        "let l = [\"x\"]; loop { l[0] += l[0]; }",
    ] {
        let called = call_for(&format!("fn main() {{ {body} }}"), 100 * LIMIT);
        let fault = called.result.map(|_| ()).unwrap_err();
        assert!(!fault.cut, "{body}: {fault:?}");
    }
}

#[test]
fn nothing_outside_can_be_reached() {
    let machine = Machine::new();
    for text in [
        "fn main() { eval(\"1\") }",
        "fn main() { print(1) }",
        "fn main() { debug(1) }",
        "fn main() { Fn(\"main\").call() }",
        "import \"x\" as y;",
        "fn main() { this }",
        "fn main() { timestamp() }",
        "fn main() { [1].sort(|a, b| a - b) }",
        "fn main() { parse_json(\"1\") }",
        "let x = 1; fn main() { x }",
        "fn main() { unknown(1) }",
        "fn main() { [1].unknown() }",
    ] {
        assert!(read(&machine, text).is_err(), "{text}");
    }
}

#[test]
fn unknown_function_is_named_with_place() {
    let machine = Machine::new();
    let faults = read(
        &machine,
        "fn main() {\n    if false { rnig(1); [1].push(); }\n}\n",
    )
    .map(|_| ());
    let faults = faults.unwrap_err();
    assert_eq!(faults[0].message, "there is no function `rnig`");
    assert_eq!((faults[0].line, faults[0].column), (2, 16));
    assert_eq!(faults[1].message, "`push` does not take 1 arguments");
}

#[test]
fn functions_read_constants_at_top() {
    let called = call("const TOLL = 3;\nfn main() { let f = || TOLL + 1; f.call() }");
    assert_eq!(
        called.result.map(|(value, _)| value.to_string()).unwrap(),
        "4"
    );
    let changed = "const TOLL = 3;\nfn main() { TOLL = 4; }";
    assert!(read(&Machine::new(), changed).is_err() || call(changed).result.is_err());
}

#[test]
fn closures_keep_nothing_between_calls() {
    let machine = Machine::new();
    let text = "let n = 0;\nevery(1, || { n += 1; });";
    assert!(read(&machine, text).is_err());
}
