//! The venue: a system of our own that is started for the run, or one that runs already.

use std::ops::Range;
use std::time::Duration;

use anyhow::Context as _;

use crate::history::books::Books;
use crate::scenario::{House, Stage};
use crate::system::{Concert, Scale, System, audit_at};
use crate::witness::books;
use crate::witness::line::Line;

/// How long booking keeps a seat when nobody said otherwise.
const USUAL_HOLD_SECONDS: u64 = 300;

/// Where the crowd goes, and what can be asked there beside the fans.
#[derive(Debug)]
pub(super) enum Venue {
    /// Started for this run, with nobody else in it.
    Own { system: Box<System>, house: House },
    /// Somebody else's, with what we were told about it.
    Given {
        doors: Vec<String>,
        line: Option<Line>,
        database: Option<String>,
    },
}

impl Venue {
    /// Starts a system as large as this.
    pub(super) async fn start(house: House) -> anyhow::Result<Self> {
        let concert = match house.stage {
            Stage::Hall(seats) => Concert::hall(seats)?,
            Stage::Arena => Concert::arena()?,
        };
        let scale = Scale {
            gateways: house.gateways,
            max_active: house.max_active,
            promote_per_second: house.promote_per_second,
        };
        let more = [
            ("HOLD_SECONDS", house.hold_seconds.to_string()),
            ("UPSTREAM_IN_FLIGHT", house.in_flight.to_string()),
        ];
        let system = System::start_with(scale, &concert, &more).await?;
        system
            .line()
            .configure(&[("session_seconds", house.session_seconds)])?;
        let system = Box::new(system);
        Ok(Self::Own { system, house })
    }

    /// The system behind these addresses. Its line and its database are asked when `REDIS_URL` and
    /// `DATABASE_URL` say where they are.
    pub(super) fn given(gateways: &[String]) -> anyhow::Result<Self> {
        rlimit::increase_nofile_limit(u64::MAX).context("raising the limit of open files")?;
        let told = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let prefix = told("REDIS_KEY_PREFIX").unwrap_or_default();
        let doors = gateways.iter().map(|url| door(url));
        Ok(Self::Given {
            doors: doors.collect::<anyhow::Result<_>>()?,
            line: told("REDIS_URL").map(|url| Line::new(&url, &prefix)),
            database: told("DATABASE_URL"),
        })
    }

    pub(super) fn doors(&self) -> &[String] {
        match self {
            Self::Own { system, .. } => system.doors(),
            Self::Given { doors, .. } => doors,
        }
    }

    pub(super) const fn line(&self) -> Option<&Line> {
        match self {
            Self::Own { system, .. } => Some(system.line()),
            Self::Given { line, .. } => line.as_ref(),
        }
    }

    /// `max_active`, when the line can be asked.
    pub(super) fn cap(&self) -> anyhow::Result<Option<u64>> {
        self.line()
            .map_or(Ok(None), |line| line.setting("max_active"))
    }

    /// How long a seat is kept.
    pub(super) fn hold(&self) -> Duration {
        let seconds = match self {
            Self::Own { house, .. } => house.hold_seconds,
            Self::Given { .. } => std::env::var("HOLD_SECONDS")
                .ok()
                .and_then(|text| text.parse().ok())
                .unwrap_or(USUAL_HOLD_SECONDS),
        };
        Duration::from_secs(seconds)
    }

    /// What the database says about these users, when it can be asked.
    pub(super) async fn books(&self, users: Range<u64>) -> anyhow::Result<Option<Books>> {
        match self {
            // Nobody else was here, so whatever is there has to be of these fans.
            Self::Own { system, .. } => system.books().await.map(Some),
            Self::Given { database, .. } => match database {
                Some(url) => Ok(Some(books::read(url).await?.of(users))),
                None => Ok(None),
            },
        }
    }

    /// What `booking audit` says, when it can be asked: nothing, or what is wrong.
    pub(super) async fn audit(&self) -> Option<Result<(), String>> {
        let audited = match self {
            Self::Own { system, .. } => system.audit().await,
            Self::Given { database, .. } => audit_at(database.as_ref()?).await,
        };
        Some(audited.map_err(|error| format!("{error:#}")))
    }

    /// Ends a system of our own; without `is_clean` the ends of its logs are shown.
    pub(super) fn close(self, is_clean: bool) {
        if let Self::Own { system, .. } = self
            && is_clean
        {
            system.done();
        }
    }
}

/// host:port of a URL; the crowd speaks plain HTTP.
fn door(url: &str) -> anyhow::Result<String> {
    let rest = url.strip_prefix("http://").unwrap_or(url);
    let door = rest.trim_end_matches('/');
    anyhow::ensure!(
        !door.contains('/') && !door.is_empty(),
        "--gateway takes http://HOST:PORT, not {url}"
    );
    let has_port = door
        .rsplit_once(':')
        .is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    Ok(if has_port {
        door.to_owned()
    } else {
        format!("{door}:80")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_door_is_the_host_and_port_of_a_plain_url() {
        let read = |url| door(url).ok();
        assert_eq!(
            read("http://127.0.0.1:8080/").as_deref(),
            Some("127.0.0.1:8080")
        );
        assert_eq!(read("localhost").as_deref(), Some("localhost:80"));
        assert_eq!(read("https://example.org"), None);
        assert_eq!(read("http://a:1/path"), None);
    }
}
