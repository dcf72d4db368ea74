//! Calls by HTTP.

use serde_json::{Value, json};

use super::PATIENCE;

/// An answer: its status, and its body as JSON or as a JSON string.
pub(crate) type Answer = (u16, Value);

/// Somebody who calls a server.
#[derive(Clone, Debug)]
pub(crate) struct Http {
    base: String,
    client: reqwest::Client,
}

/// An account as its holder knows it.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) username: String,
    pub(crate) password: String,
    pub(crate) token: String,
    /// The name of its one character.
    pub(crate) character: String,
}

impl Http {
    pub(crate) fn new(base: &str) -> Self {
        let client = reqwest::Client::builder()
            .timeout(PATIENCE)
            .build()
            .unwrap();
        Self {
            base: base.to_owned(),
            client,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(self.client.get(self.at(path)), None).await
    }

    pub(crate) async fn get_as(&self, path: &str, token: &str) -> Answer {
        self.ask(self.client.get(self.at(path)), Some(token)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.ask(self.client.post(self.at(path)).json(&body), None)
            .await
    }

    pub(crate) async fn post_as(&self, path: &str, body: Value, token: &str) -> Answer {
        self.ask(self.client.post(self.at(path)).json(&body), Some(token))
            .await
    }

    pub(crate) async fn delete_as(&self, path: &str, token: &str) -> Answer {
        self.ask(self.client.delete(self.at(path)), Some(token))
            .await
    }

    /// A body that is no JSON, maybe.
    pub(crate) async fn post_text(&self, path: &str, body: String) -> Answer {
        self.ask(self.client.post(self.at(path)).body(body), None)
            .await
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    async fn ask(&self, request: reqwest::RequestBuilder, token: Option<&str>) -> Answer {
        let request = match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        (status, body)
    }

    /// A token for a guest.
    pub(crate) async fn guest(&self) -> String {
        let (status, body) = self.post("/auth/guest", json!({})).await;
        assert_eq!(status, 200, "{body}");
        body["access_token"].as_str().unwrap().to_owned()
    }

    /// An account with one character.
    pub(crate) async fn register(&self, username: &str, character: &str) -> Account {
        let password = "a long pass-phrase 9".to_owned();
        let account = json!({"username": username, "password": password});
        let (status, body) = self.post("/auth/register", account).await;
        assert_eq!(status, 200, "{body}");
        let token = body["access_token"].as_str().unwrap().to_owned();
        let (status, body) = self
            .post_as(
                "/api/players/characters",
                json!({"name": character}),
                &token,
            )
            .await;
        assert_eq!(status, 201, "{body}");
        Account {
            username: username.to_owned(),
            password,
            token,
            character: character.to_owned(),
        }
    }

    /// Signs in again; answers the new token.
    pub(crate) async fn login(&self, account: &Account) -> String {
        let Account {
            username, password, ..
        } = account;
        let body = json!({"username": username, "password": password});
        let (status, body) = self.post("/auth/login", body).await;
        assert_eq!(status, 200, "{body}");
        let characters = body["characters"].as_array().unwrap();
        assert!(
            characters
                .iter()
                .any(|one| one["name"] == account.character.as_str()),
            "{characters:?}"
        );
        body["access_token"].as_str().unwrap().to_owned()
    }

    /// Every figure of `/metrics`, with its labels.
    pub(crate) async fn figures(&self) -> Vec<(String, f64)> {
        let (status, body) = self.get("/metrics").await;
        assert_eq!(status, 200);
        let text = body.as_str().unwrap_or_default();
        text.lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.rsplit_once(' '))
            .filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?)))
            .collect()
    }

    /// One figure without labels.
    pub(crate) async fn figure(&self, name: &str) -> f64 {
        let figures = self.figures().await;
        let found = figures.iter().find(|(known, _)| known == name);
        found.unwrap_or_else(|| panic!("no figure {name}")).1
    }
}
