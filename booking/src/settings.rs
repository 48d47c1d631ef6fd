//! The settings of booking: environment variables, typed and checked before anything starts.

use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use shared::ids::ConcertId;
use shared::keyring::SharedKeyring;
use shared::settings::{Environment, SettingError};

use crate::store::pool::DatabaseUrl;

/// More connections than this serve nobody: `InnoDB` has to schedule them on the same cores.
const MAX_DATABASE_CONNECTIONS: u64 = 1_000;
const MAX_HOLD_SECONDS: u64 = 3_600;
const MAX_COOLDOWN_SECONDS: u64 = 3_600;
const MAX_SWEEP_SECONDS: u64 = 3_600;
const MAX_SHUTDOWN_GRACE_SECONDS: u64 = 600;

/// Everything that `booking serve` needs to know.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `BOOKING_LISTEN`, default 127.0.0.1:8081: where the API answers.
    pub listen: SocketAddr,
    /// `BOOKING_ADMIN_LISTEN`, default 127.0.0.1:9081: where metrics answer, apart from the API.
    pub admin_listen: SocketAddr,
    /// The database.
    pub database: DatabaseSettings,
    /// How passes are verified.
    pub pass: PassSettings,
    /// `TICKET_KEYS` or `TICKET_KEYS_FILE`, no default: `kid:base64url,...`; the first makes the
    /// codes of tickets, all verify them; reread on SIGHUP.
    pub tickets: SharedKeyring,
    /// `CHARGE`, no default: `demo` believes every charge, `off` has no such route.
    pub charge: Charge,
    /// `DEFAULT_CONCERT`, default the lowest id: which concert is meant without `?concertId=`.
    pub default_concert: Option<ConcertId>,
    /// `HOLD_SECONDS`, default 300: how long a seat is kept for one user.
    pub hold: Duration,
    /// `SEAT_COOLDOWN_SECONDS`, default 60, 0 for none: for how long a user may not have a seat
    /// again that the same user has let lapse.
    pub cooldown: Duration,
    /// `SWEEP_SECONDS`, default 1, 0 for never: how often lapsed holds are tidied away.
    pub sweep_every: Option<Duration>,
    /// `SHUTDOWN_GRACE_SECONDS`, default 10: how long requests in flight may take to end.
    pub shutdown_grace: Duration,
}

/// What any command needs that works on the database.
#[derive(Debug, Clone)]
pub struct DatabaseSettings {
    /// `DATABASE_URL` or `DATABASE_URL_FILE`, no default: `mysql://user:password@host:port/name`.
    pub url: DatabaseUrl,
    /// `DATABASE_CONNECTIONS`, default 32: the most connections this process opens.
    pub connections: u32,
}

/// What any command needs that signs or verifies passes.
#[derive(Debug, Clone)]
pub struct PassSettings {
    /// `PASS_KEYS` or `PASS_KEYS_FILE`, no default: `kid:base64url,...`; reread on SIGHUP.
    pub keys: SharedKeyring,
    /// `UPSTREAM_AUDIENCE`, default `booking`: the name that a pass has to be made out to.
    pub audience: String,
}

/// Whether fans may put money on their own balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charge {
    /// Every amount is believed: for demos, where a payment provider's callback would stand.
    Demo,
    /// The route does not exist; an operator charges balances.
    Off,
}

impl FromStr for Charge {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "demo" => Ok(Self::Demo),
            "off" => Ok(Self::Off),
            _ => Err("must be demo or off"),
        }
    }
}

impl Settings {
    /// Reads and checks them all.
    ///
    /// # Errors
    /// The first variable that is missing or wrong, with the reason.
    pub fn from_env(env: &Environment) -> Result<Self, SettingError> {
        let sweep = env.number("SWEEP_SECONDS", 1, 0..=MAX_SWEEP_SECONDS)?;
        let grace = env.number("SHUTDOWN_GRACE_SECONDS", 10, 0..=MAX_SHUTDOWN_GRACE_SECONDS)?;
        let hold = env.number("HOLD_SECONDS", 300, 1..=MAX_HOLD_SECONDS)?;
        let cooldown = env.number("SEAT_COOLDOWN_SECONDS", 60, 0..=MAX_COOLDOWN_SECONDS)?;
        let pass = PassSettings::from_env(env)?;
        Ok(Self {
            listen: listen(env)?,
            admin_listen: env.parsed("BOOKING_ADMIN_LISTEN", ([127, 0, 0, 1], 9081).into())?,
            database: DatabaseSettings::from_env(env)?,
            tickets: tickets(env, &pass)?,
            pass,
            charge: charge(env)?,
            default_concert: default_concert(env)?,
            hold: Duration::from_secs(hold),
            cooldown: Duration::from_secs(cooldown),
            sweep_every: (sweep > 0).then(|| Duration::from_secs(sweep)),
            shutdown_grace: Duration::from_secs(grace),
        })
    }
}

impl DatabaseSettings {
    /// Reads and checks what concerns the database.
    ///
    /// # Errors
    /// The first variable that is missing or wrong; the URL itself is not shown.
    pub fn from_env(env: &Environment) -> Result<Self, SettingError> {
        let text = env.secret("DATABASE_URL", "mysql://user:password@host:port/name")?;
        let url = text
            .parse()
            .map_err(|reason: &str| SettingError::new("DATABASE_URL", reason))?;
        let connections = env.number("DATABASE_CONNECTIONS", 32, 1..=MAX_DATABASE_CONNECTIONS)?;
        Ok(Self {
            url,
            connections: u32::try_from(connections).unwrap_or(u32::MAX),
        })
    }
}

impl PassSettings {
    /// Reads and checks what concerns passes.
    ///
    /// # Errors
    /// When the keys are missing or cannot be used; no secret is shown.
    pub fn from_env(env: &Environment) -> Result<Self, SettingError> {
        Ok(Self {
            keys: SharedKeyring::new(env.keyring("PASS_KEYS")?),
            audience: env
                .text("UPSTREAM_AUDIENCE")
                .unwrap_or("booking")
                .to_owned(),
        })
    }
}

/// The keys of tickets.
///
/// # Errors
/// When they are missing or cannot be used; no secret is shown.
pub fn ticket_keys(env: &Environment) -> Result<SharedKeyring, SettingError> {
    Ok(SharedKeyring::new(env.keyring("TICKET_KEYS")?))
}

/// The gateway knows the keys of passes, and must not be able to make tickets.
fn tickets(env: &Environment, pass: &PassSettings) -> Result<SharedKeyring, SettingError> {
    let tickets = ticket_keys(env)?;
    if tickets.load().shares_a_secret_with(&pass.keys.load()) {
        let reason = "has a secret that is also in PASS_KEYS; take another";
        return Err(SettingError::new("TICKET_KEYS", reason));
    }
    Ok(tickets)
}

/// Where the API answers; also all that `booking health` has to know.
///
/// # Errors
/// When it is no address with a port.
pub fn listen(env: &Environment) -> Result<SocketAddr, SettingError> {
    env.parsed("BOOKING_LISTEN", ([127, 0, 0, 1], 8081).into())
}

fn charge(env: &Environment) -> Result<Charge, SettingError> {
    let text = env.required("CHARGE", "demo (every charge is believed) or off")?;
    text.parse()
        .map_err(|reason: &str| SettingError::new("CHARGE", format!("{text:?} {reason}")))
}

fn default_concert(env: &Environment) -> Result<Option<ConcertId>, SettingError> {
    let Some(text) = env.text("DEFAULT_CONCERT") else {
        return Ok(None);
    };
    text.parse()
        .map(Some)
        .map_err(|error| SettingError::new("DEFAULT_CONCERT", format!("{text:?} {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complete() -> Environment {
        Environment::default()
            .with("DATABASE_URL", "mysql://booking:secret@127.0.0.1:3306/box")
            .with("PASS_KEYS", "p:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
            .with(
                "TICKET_KEYS",
                "t:BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA",
            )
            .with("CHARGE", "demo")
    }

    fn refused(env: &Environment) -> String {
        Settings::from_env(env)
            .expect_err("a wrong setting was accepted")
            .to_string()
    }

    #[test]
    fn the_defaults_are_the_documented_ones() {
        let settings = Settings::from_env(&complete()).expect("complete settings");
        assert_eq!(settings.listen.to_string(), "127.0.0.1:8081");
        assert_eq!(settings.admin_listen.to_string(), "127.0.0.1:9081");
        assert_eq!(settings.database.connections, 32);
        assert_eq!(settings.pass.audience, "booking");
        assert_eq!(settings.hold.as_secs(), 300);
        assert_eq!(settings.cooldown.as_secs(), 60);
    }

    #[test]
    fn charging_has_to_be_chosen() {
        let unset = complete().with("CHARGE", "");
        assert!(refused(&unset).starts_with("CHARGE: is not set"));
        let wrong = complete().with("CHARGE", "yes");
        assert_eq!(refused(&wrong), r#"CHARGE: "yes" must be demo or off"#);
    }

    #[test]
    fn a_database_url_that_cannot_be_used_is_not_shown() {
        for url in ["postgres://u:secret@h/d", "mysql://u:secret@h", "secret"] {
            let error = refused(&complete().with("DATABASE_URL", url));
            assert!(error.starts_with("DATABASE_URL: "), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn tickets_need_keys_that_nobody_else_has() {
        let unset = complete().with("TICKET_KEYS", "");
        assert!(refused(&unset).starts_with("TICKET_KEYS: is not set"));
        let shared = "p:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        let shared = complete().with("TICKET_KEYS", shared);
        assert!(
            refused(&shared).starts_with("TICKET_KEYS: has a secret that is also in PASS_KEYS")
        );
    }

    #[test]
    fn settings_can_be_printed_without_their_secrets() {
        let settings = Settings::from_env(&complete()).expect("complete settings");
        assert!(!format!("{settings:?}").contains("secret"));
    }

    #[test]
    fn no_sweeping_is_a_choice() {
        let settings = Settings::from_env(&complete().with("SWEEP_SECONDS", "0"));
        assert_eq!(settings.expect("complete settings").sweep_every, None);
    }
}
