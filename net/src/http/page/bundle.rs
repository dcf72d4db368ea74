//! The client's modules and the SDK's as one script: one request instead of fifty, and smaller
//! together.
//!
//! They are written so that this needs no parser: imports and exports begin a line, an import names
//! its module as `"./NAME.js"`, or as `"../sdk/NAME.js"` in the client, no text goes on over several
//! lines, and no module imports another in a ring. Comments that begin a line are left out: they
//! would be a third of what a browser loads. What is written otherwise is not put together but sent
//! module by module, as a browser reads it anyway.

use std::collections::HashMap;
use std::fmt::Write as _;

/// What of a module is another's to use.
const EXPORTS: [&str; 4] = ["function ", "async function ", "class ", "const "];

/// The script that `main` and what it imports come to; `None` where they can't be put together.
pub(super) fn bundle(modules: &HashMap<&str, &str>, main: &str) -> Option<String> {
    let mut bundle = Bundle {
        modules,
        begun: Vec::new(),
        done: Vec::new(),
        script: String::from("\"use strict\";\n"),
    };
    bundle.add(main)?;
    Some(bundle.script)
}

struct Bundle<'a> {
    modules: &'a HashMap<&'a str, &'a str>,
    /// Those that wait for what they import.
    begun: Vec<&'a str>,
    done: Vec<&'a str>,
    script: String,
}

impl<'a> Bundle<'a> {
    /// Adds a module behind what it imports.
    fn add(&mut self, path: &'a str) -> Option<()> {
        if self.done.contains(&path) {
            return Some(());
        }
        if self.begun.contains(&path) {
            return None;
        }
        self.begun.push(path);
        let (mut body, mut exports) = (String::new(), Vec::new());
        let mut in_comment = false;
        for line in self.modules.get(path)?.lines() {
            let line = uncommented(line, &mut in_comment);
            if line.trim().is_empty() {
                continue;
            }
            if line.starts_with("import ") {
                let (names, from) = import(line)?;
                let (from, _) = self.modules.get_key_value(named(path, from)?.as_str())?;
                self.add(from)?;
                writeln!(body, "const {names} = {};", variable(from)).ok()?;
            } else if let Some(rest) = line.strip_prefix("export ") {
                exports.push(exported(rest)?);
                writeln!(body, "{rest}").ok()?;
            } else {
                writeln!(body, "{line}").ok()?;
            }
        }
        let (name, exports) = (variable(path), exports.join(", "));
        let module = format!("const {name} = (() => {{\n{body}return {{ {exports} }};\n}})();\n");
        self.script.push_str(&module);
        self.done.push(path);
        Some(())
    }
}

/// A line without the comments that it begins with.
fn uncommented<'a>(line: &'a str, in_comment: &mut bool) -> &'a str {
    let begun = line.trim_start();
    if begun.starts_with("//") {
        return "";
    }
    if !*in_comment && !begun.starts_with("/**") {
        return line;
    }
    let (_, rest) = line.split_once("*/").unwrap_or_default();
    *in_comment = !line.contains("*/");
    rest.trim_start()
}

/// The path of the module that one at `path` calls `name`.
fn named(path: &str, name: &str) -> Option<String> {
    if name.starts_with("../sdk/") {
        return Some(name.trim_start_matches("../").to_owned());
    }
    let folder = path.rfind('/').map_or("", |end| &path[..=end]);
    Some(format!("{folder}{}", name.strip_prefix("./")?))
}

/// What an import binds, as a pattern, and what it calls the module.
fn import(line: &str) -> Option<(String, &str)> {
    let (names, from) = line.strip_prefix("import ")?.split_once(" from \"")?;
    let names = match names.strip_prefix("* as ") {
        Some(name) => name.to_owned(),
        None => names.replace(" as ", ": "),
    };
    let is_whole = names.starts_with('{') == names.ends_with('}');
    Some((names, from.strip_suffix("\";")?)).filter(|_| is_whole)
}

/// The name that a declaration gives.
fn exported(declaration: &str) -> Option<&str> {
    let name = EXPORTS
        .iter()
        .find_map(|kind| declaration.strip_prefix(kind))?;
    let end = name.find(|sign: char| !sign.is_alphanumeric() && sign != '_')?;
    name.get(..end)
}

/// What holds a module's exports.
fn variable(path: &str) -> String {
    let name = path.trim_end_matches(".js");
    format!("module_{}", name.replace(['/', '-', '.'], "_"))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::bundle;

    fn of(modules: &[(&'static str, &'static str)]) -> Option<String> {
        let modules: HashMap<_, _> = modules.iter().copied().collect();
        bundle(&modules, "main.js")
    }

    #[test]
    fn imported_modules_stand_first() {
        let script = of(&[
            (
                "main.js",
                "import { one as two } from \"./a.js\";\nimport * as b from \"./b.js\";\ntwo(b);\n",
            ),
            (
                "a.js",
                "import { B } from \"./b.js\";\nexport function one() {}\n",
            ),
            ("b.js", "export const B = 1;\nexport class C {}\n"),
            ("unused.js", "alert();\n"),
        ]);
        let expected = "\"use strict\";\n\
            const module_b = (() => {\nconst B = 1;\nclass C {}\nreturn { B, C };\n})();\n\
            const module_a = (() => {\nconst { B } = module_b;\nfunction one() {}\nreturn { one };\n})();\n\
            const module_main = (() => {\nconst { one: two } = module_a;\nconst b = module_b;\n\
            two(b);\nreturn {  };\n})();\n";
        assert_eq!(script.as_deref(), Some(expected));
    }

    #[test]
    fn comments_that_begin_lines_are_left_out() {
        let written = "// What it is.\n/** One line. */ const a = 1; // kept\n\n  /**\n   * Several.\n   */\n  const b = \"//\";\n";
        let script = of(&[("main.js", written)]).unwrap();
        let expected = "\"use strict\";\nconst module_main = (() => {\nconst a = 1; // kept\n  \
            const b = \"//\";\nreturn {  };\n})();\n";
        assert_eq!(script, expected);
    }

    #[test]
    fn import_resolves_relative_to_importing_module() {
        let script = of(&[
            ("main.js", "import { a } from \"../sdk/a.js\";\n"),
            (
                "sdk/a.js",
                "import { b } from \"./b.js\";\nexport const a = b;\n",
            ),
            ("sdk/b.js", "export const b = 1;\n"),
            ("b.js", "export const b = 2;\n"),
        ]);
        let script = script.unwrap();
        assert!(script.contains("const { b } = module_sdk_b;\n"), "{script}");
        assert!(script.contains("const { a } = module_sdk_a;\n"), "{script}");
        assert!(!script.contains("module_b"), "{script}");
    }

    #[test]
    fn rings_and_unknown_forms_are_not_bundled() {
        let ring = [
            (
                "main.js",
                "import { a } from \"./a.js\";\nexport const b = 1;\n",
            ),
            (
                "a.js",
                "import { b } from \"./main.js\";\nexport const a = 1;\n",
            ),
        ];
        assert_eq!(of(&ring), None);
        for strange in [
            "import {\n  a,\n} from \"./a.js\";\n",
            "import \"./a.js\";\n",
            "import { a } from \"elsewhere\";\n",
            "export default 1;\n",
            "export let counted = 1;\n",
            "import { a } from \"./nowhere.js\";\n",
        ] {
            assert_eq!(
                of(&[("main.js", strange), ("a.js", "export const a = 1;\n")]),
                None
            );
        }
    }
}
