//! The machine: one for all scripts, without anything that looks outside.
//!
//! A raw engine of Rhai with the library of this folder: no modules, no `eval`, no clock, no state
//! of a script's own but what it declares. Derived from nothing: every one is the same.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rhai::{
    AST, ASTNode, CallFnOptions, Dynamic, Engine, EvalAltResult, Expr, OptimizationLevel, Position,
    Scope, Stmt,
};

use super::declare::Declarations;
use super::frame::{self, CallFrame, Wishes};
use super::{declare, gauge, library, memory, tests_of, view, wishes};

/// Calls within calls.
const DEPTH_MAX: usize = 32;
/// Brackets within brackets.
const NESTING_MAX: usize = 48;
/// Functions of one script.
const FUNCTIONS_MAX: usize = 256;
/// Variables of one function.
const VARIABLES_MAX: usize = 64;
/// Symbols that no script has: they would call what is not counted, or keep what is not declared.
const DISABLED: [&str; 7] = ["eval", "print", "debug", "Fn", "curry", "this", "is_shared"];
/// Functions of the language itself, whatever their arguments.
const BUILT_IN: [&str; 4] = ["call", "type_of", "is_def_var", "is_def_fn"];

/// A mistake in a script, or what went wrong in a call of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ScriptFault {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) message: String,
    /// It spent more than it may.
    pub(super) cut: bool,
}

impl ScriptFault {
    pub(super) fn at((line, column): (usize, usize), message: impl Into<String>) -> Self {
        let (message, cut) = (message.into(), false);
        Self {
            line,
            column,
            message,
            cut,
        }
    }

    fn of(error: &EvalAltResult) -> Self {
        let innermost = error.unwrap_inner();
        let place = Some(innermost.position()).filter(|place| !place.is_none());
        let place = place.unwrap_or_else(|| error.position());
        let cut = matches!(
            innermost,
            EvalAltResult::ErrorTooManyOperations(..) | EvalAltResult::ErrorTerminated(..)
        );
        let message = match innermost {
            _ if cut => "more operations than a call may spend".to_owned(),
            EvalAltResult::ErrorRuntime(why, _) => why.to_string(),
            EvalAltResult::ErrorFunctionNotFound(name, _) => {
                format!("there is no function `{name}`")
            }
            EvalAltResult::ErrorPropertyNotFound(name, _) => format!("there is no `{name}`"),
            other => without_place(other),
        };
        Self {
            message,
            cut,
            ..Self::at(numbers(place), "")
        }
    }
}

impl ScriptFault {
    /// With a place, where the machine has told of none.
    fn or_at(self, (line, column): (usize, usize)) -> Self {
        match self.line {
            0 => Self {
                line,
                column,
                ..self
            },
            _ => self,
        }
    }
}

fn numbers(place: Position) -> (usize, usize) {
    (place.line().unwrap_or(0), place.position().unwrap_or(0))
}

/// What a fault says, without the place that is told beside it.
fn without_place(error: &EvalAltResult) -> String {
    let told = error.to_string();
    told.rfind(" (line ")
        .map_or(told.clone(), |at| told[..at].to_owned())
}

/// A script that was read.
pub(super) struct ScriptCode {
    pub(super) name: Arc<str>,
    pub(super) file: String,
    /// Tells apart two texts of a script.
    pub(super) digest: u64,
    /// Where its timers stand in their periods, by its name.
    pub(super) phase: u64,
    pub(super) made: Declarations,
    pub(super) declared: Arc<super::state::Declared>,
    pub(super) constants: Arc<BTreeMap<String, Dynamic>>,
    ast: AST,
}

impl ScriptCode {
    /// Where a function was declared for what it does.
    pub(super) fn place_of(&self, function: &str) -> (usize, usize) {
        let mut places = self.made.places.iter();
        let found = places.find(|(name, _)| name == function);
        found.map_or((1, 1), |(_, place)| *place)
    }

    /// How many arguments a function of it takes.
    pub(super) fn takes(&self, function: &str) -> usize {
        let mut all = self.ast.iter_functions();
        all.find(|one| one.name == function)
            .map_or(0, |one| one.params.len())
    }
}

/// What came of a call.
pub(super) struct Called {
    /// What it answered and asked for; or why nothing came of it.
    pub(super) result: Result<(Dynamic, Wishes), ScriptFault>,
    /// In operations.
    pub(super) spent: u64,
    /// How many numbers it had of the dice, with those before.
    pub(super) throws: u32,
}

/// The machine.
pub(super) struct Machine {
    engine: Engine,
    /// The functions of the library, with the number of their arguments.
    known: BTreeSet<(String, usize)>,
}

impl Machine {
    pub(super) fn new() -> Self {
        let mut engine = Engine::new_raw();
        engine
            .set_optimization_level(OptimizationLevel::None)
            .set_strict_variables(true)
            .set_fail_on_invalid_map_property(true)
            .set_max_call_levels(DEPTH_MAX)
            .set_max_expr_depths(NESTING_MAX, NESTING_MAX)
            .set_max_functions(FUNCTIONS_MAX)
            .set_max_variables(VARIABLES_MAX)
            .set_max_array_size(library::VALUES_MAX)
            .set_max_map_size(library::VALUES_MAX)
            .set_max_string_size(library::TEXT_MAX)
            .on_progress(|operations| gauge::count(operations).then_some(Dynamic::UNIT));
        for symbol in DISABLED {
            engine.disable_symbol(symbol);
        }
        variables(&mut engine);
        library::register(&mut engine);
        view::register(&mut engine);
        wishes::register(&mut engine);
        memory::register(&mut engine);
        declare::register(&mut engine);
        tests_of::register(&mut engine);
        let known = signatures(&engine);
        Self { engine, known }
    }

    /// The functions of the library for editors.
    pub(super) fn definitions(&self) -> String {
        let definitions = self.engine.definitions();
        let definitions = definitions
            .with_headers(true)
            .include_standard_packages(false)
            .single_file();
        // What may fail is written as the type of its failure; to an editor it is any value.
        let any = definitions.replace(" -> EvalAltResult>>;", " -> ?;");
        any.replace(" -> ;", ";")
    }

    /// Reads a script: what it declares, or everything that is wrong with it.
    pub(super) fn read(
        &self,
        name: &str,
        text: &str,
        frame: CallFrame,
    ) -> Result<ScriptCode, Vec<ScriptFault>> {
        let mut scope = Scope::new();
        for name in constants_of(text) {
            scope.push_constant(name, ());
        }
        let ast = self
            .engine
            .compile_with_scope(&scope, text)
            .map_err(|error| {
                let place = numbers(error.position());
                let told = error.err_type().to_string();
                vec![ScriptFault::at(place, told)]
            })?;
        let unknown = self.unknown_calls(&ast);
        if !unknown.is_empty() {
            return Err(unknown);
        }
        let mut scope = Scope::new();
        gauge::fill(LOADING_OPERATIONS);
        let (run, frame) = frame::run(frame, || self.engine.run_ast_with_scope(&mut scope, &ast));
        run.map_err(|error| vec![ScriptFault::of(&error).or_at((1, 1))])?;
        let made = frame.and_then(|frame| frame.declares).unwrap_or_default();
        let constants = scope.iter().filter(|(_, constant, _)| *constant);
        let constants = constants.map(|(name, _, value)| (name.to_owned(), value));
        Ok(ScriptCode {
            name: name.into(),
            file: String::new(),
            digest: digest(text),
            phase: digest(name),
            declared: Arc::new(made.declared.clone()),
            made,
            constants: Arc::new(constants.collect()),
            ast: ast.clone_functions_only(),
        })
    }

    /// Calls of functions that there are not: told before anything runs.
    fn unknown_calls(&self, ast: &AST) -> Vec<ScriptFault> {
        let own: BTreeSet<(String, usize)> = ast
            .iter_functions()
            .map(|one| (one.name.to_owned(), one.params.len()))
            .collect();
        let names: BTreeSet<&str> = self
            .known
            .iter()
            .chain(&own)
            .map(|(name, _)| name.as_str())
            .collect();
        let mut unknown = Vec::new();
        ast.walk(&mut |path: &[ASTNode<'_>]| {
            let (call, method, place) = match path.last() {
                Some(
                    ASTNode::Expr(Expr::FnCall(call, place))
                    | ASTNode::Stmt(Stmt::FnCall(call, place)),
                ) => (call, 0, place),
                Some(ASTNode::Expr(Expr::MethodCall(call, place))) => (call, 1, place),
                _ => return true,
            };
            let (name, takes) = (call.name.as_str(), call.args.len() + method);
            let key = (name.to_owned(), takes);
            if call.op_token.is_some()
                || BUILT_IN.contains(&name)
                || self.known.contains(&key)
                || own.contains(&key)
            {
                return true;
            }
            let message = match names.contains(name) {
                true => format!("`{name}` does not take {takes} arguments"),
                false => format!("there is no function `{name}`"),
            };
            unknown.push(ScriptFault::at(numbers(*place), message));
            true
        });
        unknown
    }

    /// Calls a function of a script, which may spend so much.
    pub(super) fn call(
        &self,
        code: &ScriptCode,
        function: &str,
        arguments: Vec<Dynamic>,
        frame: CallFrame,
        limit: u64,
    ) -> Called {
        let options = CallFnOptions::new().eval_ast(false);
        gauge::fill(limit);
        let (result, frame) = frame::run(frame, || {
            let mut scope = Scope::new();
            let (ast, arguments) = (&code.ast, arguments);
            self.engine
                .call_fn_with_options::<Dynamic>(options, &mut scope, ast, function, arguments)
        });
        let (wishes, throws) = frame.map_or_else(Default::default, |frame| {
            let tape = frame.declares;
            let wishes = frame.wishes;
            (
                Wishes {
                    tape: tape.map(|all| all.tape).unwrap_or_default(),
                    ..wishes
                },
                frame.throws,
            )
        });
        Called {
            result: match result {
                Ok(answer) => Ok((answer, wishes)),
                Err(error) => Err(ScriptFault::of(&error).or_at(code.place_of(function))),
            },
            spent: gauge::spent(),
            throws,
        }
    }
}

#[cfg(test)]
mod tests;

/// What the top of a script may spend.
const LOADING_OPERATIONS: u64 = 20_000;

/// Charges for copies of variables, and lets functions read the constants at the top of their
/// script.
#[allow(
    deprecated,
    reason = "marked so by its crate only to say that it may change"
)]
fn variables(engine: &mut Engine) {
    engine.on_var(|name, index, context| {
        if index > 0 {
            if let Some((_, _, value)) = context.scope().iter_raw().nth(index - 1) {
                gauge::charge_copy(value)?;
            }
            return Ok(None);
        }
        let constant = frame::with(|frame| Ok(frame.constants.get(name).cloned()))
            .ok()
            .flatten();
        if let Some(constant) = &constant {
            gauge::charge_copy(constant)?;
        }
        Ok(constant)
    });
}

fn signatures(engine: &Engine) -> BTreeSet<(String, usize)> {
    let json = engine.gen_fn_metadata_to_json(false).unwrap_or_default();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap_or_default();
    let all = json["functions"].as_array().into_iter().flatten();
    let each = all.filter_map(|one| {
        let takes = one["numParams"]
            .as_u64()
            .and_then(|takes| usize::try_from(takes).ok())?;
        Some((one["name"].as_str()?.to_owned(), takes))
    });
    each.collect()
}

/// The names of constants at the top of a script: known before it is run.
fn constants_of(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let name = line.strip_prefix("const ")?.trim_start();
        let end = name.find(|c: char| !c.is_alphanumeric() && c != '_')?;
        Some(&name[..end])
    })
}

fn digest(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
