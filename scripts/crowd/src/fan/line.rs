//! In the line: joining, polling as told, leaving.

use std::time::Duration;

use http::Method;
use serde_json::json;

use super::{Asking, Fan, Stop};
use crate::answers::{LeftAnswer, PlaceAnswer};
use crate::history::{Call, Standing};

impl Fan {
    /// Joins and waits until it is the fan's turn.
    ///
    /// # Errors
    /// When the line does not take the fan.
    pub async fn enter(&mut self) -> Result<(), Stop> {
        let mut place = self.join().await?;
        loop {
            match place.standing() {
                Standing::Active => return Ok(()),
                Standing::Waiting(_) => {
                    tokio::time::sleep(Duration::from_millis(place.poll_after_ms)).await;
                    place = self.poll().await?;
                }
                Standing::Over => place = self.join().await?,
            }
        }
    }

    /// Joins the line, or is given back the place that the fan has.
    ///
    /// # Errors
    /// When the line does not take the fan.
    pub async fn join(&mut self) -> Result<PlaceAnswer, Stop> {
        let join = Asking {
            call: Call::Join,
            method: Method::POST,
            path: "/api/issue".to_owned(),
            body: Some(json!({ "userId": self.user })),
            key: None,
        };
        let place = self.ask(&join).await?;
        Ok(self.keep_token(place))
    }

    /// Asks for the place, and says which number was shown last: two gateways may know it a
    /// moment apart, and the answer is the smaller.
    ///
    /// # Errors
    /// When the answer never comes.
    pub async fn poll(&mut self) -> Result<PlaceAnswer, Stop> {
        let seen = self.shown.map(|number| format!("?seen={number}"));
        let path = format!("/api/status/{}{}", self.user, seen.unwrap_or_default());
        let place = self.ask(&Self::read(Call::Poll, path)).await?;
        Ok(self.keep_token(place))
    }

    /// The token may be a new one after each answer.
    fn keep_token(&mut self, place: PlaceAnswer) -> PlaceAnswer {
        self.token = Some(place.token.clone());
        self.shown = match place.standing() {
            Standing::Waiting(number) => Some(number),
            Standing::Active | Standing::Over => None,
        };
        place
    }

    /// Leaves the line, or ends the session.
    ///
    /// # Errors
    /// When the answer never comes.
    pub async fn leave(&mut self) -> Result<(), Stop> {
        let leave = Asking {
            call: Call::Leave,
            method: Method::DELETE,
            path: "/api/issue".to_owned(),
            body: None,
            key: None,
        };
        self.ask::<LeftAnswer>(&leave).await.map(drop)
    }
}
