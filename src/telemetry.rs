//! Logs: one record a line, a constant message, and what varies in fields.
//!
//! Every field of the spans around a record (`correlation_id`, …) is repeated in it, so that a
//! line can be understood alone. Values of secret-named fields are `[REDACTED]`. Lines leave
//! through a queue of bounded length: a reader of stderr that stops reading loses records, it
//! does not stop the world.

use std::fmt;
use std::io::Write;
use std::sync::Mutex;

use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{LogConfig, LogFormat};
use crate::log_targets::targets;

/// Parts of names whose values are secrets.
const SECRET: [&str; 9] = [
    "password",
    "token",
    "secret",
    "credential",
    "auth",
    "jwt",
    "bearer",
    "api_key",
    "private_key",
];
/// Records that may wait for stderr: some seconds of a busy debug log.
const WAITING_MAX: usize = 65_536;

/// Starts logging to stderr. The guard writes out what waits when it is dropped.
///
/// # Errors
/// When a logger is installed already.
pub fn init(config: &LogConfig) -> anyhow::Result<WorkerGuard> {
    let (writer, guard) = NonBlockingBuilder::default()
        .lossy(true)
        .buffered_lines_limit(WAITING_MAX)
        .thread_name("kadath-log")
        .finish(std::io::stderr());
    let targets = targets(&config.level).map_err(anyhow::Error::msg)?;
    let records = Records {
        format: config.format,
        writer: Mutex::new(writer),
    };
    tracing_log::LogTracer::init()?;
    tracing_subscriber::registry()
        .with(records.with_filter(targets))
        .try_init()?;
    std::panic::set_hook(Box::new(|panic| {
        let thread = std::thread::current();
        let place = panic.location().map(ToString::to_string);
        let words = panic.payload_as_str().unwrap_or("a panic without words");
        tracing::error!(thread = thread.name(), place, words, "panic");
    }));
    Ok(guard)
}

struct Records {
    format: LogFormat,
    writer: Mutex<NonBlocking>,
}

/// The fields of a span, kept until a record needs them.
struct SpanFields(Map<String, Value>);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Records {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = RecordFields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(SpanFields(fields.fields));
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let mut fields = RecordFields::default();
        values.record(&mut fields);
        if let Some(span) = context.span(id)
            && let Some(known) = span.extensions_mut().get_mut::<SpanFields>()
        {
            known.0.extend(fields.fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut record = RecordFields::default();
        for span in context
            .event_scope(event)
            .into_iter()
            .flat_map(|scope| scope.from_root())
        {
            if let Some(fields) = span.extensions().get::<SpanFields>() {
                record.fields.extend(fields.0.clone());
            }
        }
        event.record(&mut record);
        let metadata = event.metadata();
        let timestamp = OffsetDateTime::now_utc()
            .format(&Rfc3339)
            .unwrap_or_default();
        let RecordFields { message, fields } = record;
        let line = match self.format {
            LogFormat::Json => {
                let record = serde_json::json!({
                    "timestamp": timestamp,
                    "level": metadata.level().as_str(),
                    "target": metadata.target(),
                    "message": message,
                    "fields": fields,
                });
                format!("{record}\n")
            }
            LogFormat::Human => human(
                &timestamp,
                *metadata.level(),
                metadata.target(),
                &message,
                &fields,
            ),
        };
        // A poisoned lock means another thread panicked while queueing a line; the queue is fine.
        let mut writer = self
            .writer
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        // Lossy by design: a full queue is counted by the writer, not waited for.
        let _ = writer.write_all(line.as_bytes());
    }
}

/// A start that failed, as a record in JSON.
pub(crate) fn fault_line(words: &str) -> String {
    let timestamp = OffsetDateTime::now_utc()
        .format(&Rfc3339)
        .unwrap_or_default();
    serde_json::json!({
        "timestamp": timestamp,
        "level": Level::ERROR.as_str(),
        "target": "kadath",
        "message": "kadath ended",
        "fields": {"fault": words},
    })
    .to_string()
}

fn human(
    timestamp: &str,
    level: Level,
    target: &str,
    message: &str,
    fields: &Map<String, Value>,
) -> String {
    let mut line = format!("{timestamp} {level:>5} {target}: {message}");
    for (name, value) in fields {
        match value {
            Value::String(text) => line.push_str(&format!(" {name}={}", text.escape_debug())),
            other => line.push_str(&format!(" {name}={other}")),
        }
    }
    line.push('\n');
    line
}

/// Collects the fields of a record, hiding the secret ones.
#[derive(Default)]
struct RecordFields {
    message: String,
    fields: Map<String, Value>,
}

impl RecordFields {
    fn put(&mut self, field: &Field, value: Value) {
        let name = field.name();
        if let ("message", Value::String(message)) = (name, &value) {
            self.message.clone_from(message);
            return;
        }
        // Records of the `log` crate name their origin again.
        if name.starts_with("log.") {
            return;
        }
        let lower = name.to_ascii_lowercase();
        let value = if SECRET.iter().any(|part| lower.contains(part)) {
            "[REDACTED]".into()
        } else {
            value
        };
        self.fields.insert(name.to_owned(), value);
    }
}

impl Visit for RecordFields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, Value::String(format!("{value:?}")));
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, Value::from(value));
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, Value::from(value));
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, Value::from(value));
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, Value::from(value));
    }
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, Value::from(value));
    }
}
