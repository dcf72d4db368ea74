//! What a client hears, held against the laws.

use serde_json::Value;

use super::Client;
use crate::laws::Law;

/// What a frame means to a client.
pub(super) enum Heard {
    Nothing,
    Entered,
}

impl Client {
    /// Takes in a frame and holds it against the laws.
    pub(super) fn hear(&mut self, line: &str) -> Heard {
        let Ok(frame) = serde_json::from_str::<Value>(line) else {
            self.court
                .broken(Law::GaplessStream, format!("{} reads {line}", self.name));
            return Heard::Nothing;
        };
        let number = frame["sequence_number"].as_u64().unwrap_or(0);
        let kind = frame["event_type"].as_str().unwrap_or_default();
        let tick = frame["tick"].as_u64().unwrap_or(0);
        let data = &frame["data"];
        let mut shown = data.clone();
        if let Some(shown) = shown.as_object_mut() {
            shown.remove("session_id");
        }
        self.court.note(format!(
            "{} hears {number} {kind} in {tick}: {shown}",
            self.name
        ));
        if kind == "welcome" {
            return self.welcomed(number, data);
        }
        if number > 0
            && let Some((_, last)) = &mut self.session
        {
            if number != *last + 1 {
                let how = format!("{} heard {number} after {last}: {kind}", self.name);
                self.court.broken(Law::GaplessStream, how);
            }
            *last = number;
        }
        match kind {
            "command_response" => {
                let run = self.run.clone();
                self.book.answered((&run, tick), data, &self.court);
            }
            "durable" => {
                let run = data["run"].as_str().unwrap_or_default();
                let through = data["through_tick"].as_u64().unwrap_or(0);
                self.book.durable(run, through, &self.court);
            }
            "spoken" => {
                let speaker = data["speaker"].as_str().unwrap_or_default();
                if self.book.mutes(speaker, tick) {
                    let how = format!("{} hears {speaker}, muted before tick {tick}", self.name);
                    self.court.broken(Law::MutedUnheard, how);
                }
            }
            "error" => self.refused(data),
            _ => {}
        }
        Heard::Nothing
    }

    fn welcomed(&mut self, number: u64, data: &Value) -> Heard {
        let key = data["session_id"].as_str().unwrap_or_default().to_owned();
        let resumed = data["resumed"].as_bool() == Some(true);
        match (&self.session, resumed) {
            (Some((known, last)), true) if *known == key && *last == number => {}
            (_, true) => {
                let how = format!("{} resumed at {number} what it did not have so", self.name);
                self.court.broken(Law::GaplessStream, how);
            }
            (_, false) if number != 1 => {
                let how = format!("{}'s new session begins with {number}", self.name);
                self.court.broken(Law::GaplessStream, how);
            }
            (_, false) => {}
        }
        self.session = Some((key, number));
        if let Some(run) = data["recovered"]["run"].as_str() {
            let through = data["recovered"]["tick"].as_u64().unwrap_or(0);
            self.book.durable(run, through, &self.court);
        }
        let run = data["run"].as_str().unwrap_or_default().to_owned();
        self.book.begins(self.node, &run);
        self.book.durable(
            &run,
            data["durable_tick"].as_u64().unwrap_or(0),
            &self.court,
        );
        self.run = run;
        Heard::Entered
    }

    /// Closed, or told no: for a reason that is none of ours.
    fn refused(&mut self, data: &Value) {
        let code = data["code"].as_str().unwrap_or_default();
        const MAY_BE: [&str; 9] = [
            "authorization_denied",
            "database_connection_error",
            "timeout_error",
            "system_error",
            "session_taken_over",
            "storage_unavailable",
            "server_busy",
            "slow_client",
            "resource_not_found",
        ];
        if !MAY_BE.contains(&code) {
            let how = format!("{} is told {data}", self.name);
            self.court.broken(Law::RuleKeepersStay, how);
        }
    }
}
