//! The program's commands: migrate, audit, pass, charge, and how they fail.

use std::process::{Command, Output};
use std::sync::Arc;

use booking::actions::migrate::migrate;

use crate::harness::{House, TestDatabase, pass_keys, scatter, ticket_keys};

/// Runs `booking` with these arguments and settings, and nothing else in its environment.
pub(super) fn booking(arguments: &[&str], settings: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_booking"))
        .args(arguments)
        .env_clear()
        .envs(settings.iter().copied())
        .output()
        .expect("the program")
}

#[track_caller]
pub(super) fn assert_fails(output: &Output, code: i32, part: &str) {
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{told}");
    assert!(told.contains(part), "no {part:?} in {told}");
}

#[track_caller]
pub(super) fn told(output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{errors}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn migrate_creates_what_is_missing_and_then_has_nothing_to_do() {
    let database = TestDatabase::missing();
    let settings = [("DATABASE_URL", database.url_text())];
    let first = told(&booking(&["migrate"], &settings));
    assert_eq!(first, "database created\nmigration 1 applied: box office\n");
    let second = told(&booking(&["migrate"], &settings));
    assert_eq!(second, "nothing to do: the schema is at version 1\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_migrations_at_once_are_done_by_one() {
    let database = Arc::new(TestDatabase::missing());
    let migrations = (0..8).map(|_| {
        let url = database.url();
        async move { migrate(&url).await.expect("a migration").applied.len() }
    });
    let applied: usize = scatter(migrations).await.into_iter().sum();
    assert_eq!(applied, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn audit_exits_with_0_or_with_1_and_a_list() {
    let house = House::open().await;
    house.fan(1).charge(5).await.ok();
    let settings = [("DATABASE_URL", house.database.url_text())];
    let clean = told(&booking(&["audit"], &settings));
    assert!(
        clean.contains("5 charged, 0 paid, 0 refunded, 5 in balances"),
        "{clean}"
    );
    assert!(clean.contains("nothing is wrong"), "{clean}");
    house.database.run("UPDATE balances SET balance = 6").await;
    let output = booking(&["audit"], &settings);
    let list = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{list}");
    assert!(list.contains("user 1 (balance 6, history 5)"), "{list}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pass_prints_a_header_that_booking_accepts() {
    let house = House::open().await;
    let keys = pass_keys();
    let arguments = ["pass", "--user", "123", "--ttl", "5m", "--ticket", "99"];
    let header = told(&booking(&arguments, &[("PASS_KEYS", &keys)]));
    let pass = header
        .strip_prefix("Stagedoor-Pass: ")
        .expect("a header")
        .trim_end();
    let fan = house.fan(123).showing(pass);
    fan.charge(10_000).await.ok();
    fan.reserve(1).await.ok();
    let paid = fan.pay(10_000).await;
    assert_eq!(paid.header("stagedoor-command"), Some("revoke; t=99"));
    fan.get("/api/124/balance").await.refused(403, "wrong_user");
}

#[tokio::test(flavor = "multi_thread")]
async fn charge_puts_money_on_a_balance_for_the_operator() {
    let house = House::with(|settings| settings.charge = booking::settings::Charge::Off).await;
    let settings = [("DATABASE_URL", house.database.url_text())];
    let first = told(&booking(&["charge", "123", "10000"], &settings));
    assert_eq!(first, "user 123 now has 10000 won\n");
    told(&booking(&["charge", "123", "5"], &settings));
    assert_eq!(house.fan(123).balance().await.ok()["balance"], 10_005);
    for bad in [
        ["charge", "0", "1"],
        ["charge", "1", "0"],
        ["charge", "1", "10000001"],
    ] {
        assert_eq!(booking(&bad, &settings).status.code(), Some(64));
    }
    house.database.assert_clean().await;
}

#[test]
fn a_wrong_setting_is_64_with_the_variables_name() {
    let (keys, tickets) = (pass_keys(), ticket_keys());
    let url = "mysql://u:hunter2@127.0.0.1:1/d";
    let good = [
        ("DATABASE_URL", url),
        ("PASS_KEYS", keys.as_str()),
        ("TICKET_KEYS", tickets.as_str()),
        ("CHARGE", "demo"),
    ];
    for (missing, _) in good {
        let rest: Vec<_> = good
            .into_iter()
            .filter(|(name, _)| *name != missing)
            .collect();
        assert_fails(&booking(&[], &rest), 64, &format!("booking: {missing}: "));
    }
    let wrong = [
        ("BOOKING_LISTEN", "x"),
        ("BOOKING_ADMIN_LISTEN", "1"),
        ("CHARGE", "yes"),
        ("DATABASE_URL", "postgres://hunter2@h/d"),
        ("PASS_KEYS", "a:hunter2"),
        ("TICKET_KEYS", "a:hunter2"),
        ("DEFAULT_CONCERT", "0"),
        ("HOLD_SECONDS", "-1"),
        ("RUST_LOG", "x=y=z"),
    ];
    for (name, value) in wrong {
        let mut settings = good.to_vec();
        settings.push((name, value));
        let output = booking(&["serve"], &settings);
        assert_fails(&output, 64, name);
        assert!(
            !String::from_utf8_lossy(&output.stderr).contains("hunter2"),
            "{name}"
        );
    }
    for command in [
        &["migrate"][..],
        &["audit"],
        &["import", "x.csv"],
        &["charge", "1", "1"],
    ] {
        assert_fails(&booking(command, &[]), 64, "DATABASE_URL: is not set");
    }
    assert_fails(
        &booking(&["pass", "--user", "1"], &[]),
        64,
        "PASS_KEYS: is not set",
    );
}

#[test]
fn a_wrong_command_line_is_64_and_help_is_0() {
    for wrong in [
        &["frob"][..],
        &["pass"],
        &["pass", "--user", "x"],
        &["serve", "--port", "1"],
    ] {
        assert_fails(
            &booking(wrong, &[]),
            64,
            "For more information, try '--help'",
        );
    }
    assert!(told(&booking(&["--help"], &[])).contains("import"));
    assert!(told(&booking(&["--version"], &[])).starts_with("booking "));
}

#[test]
fn what_cannot_be_started_or_reached_is_1() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = listener.local_addr().expect("its address").to_string();
    let (keys, tickets) = (pass_keys(), ticket_keys());
    let url = "mysql://u:hunter2@127.0.0.1:1/d";
    let settings = [
        ("DATABASE_URL", url),
        ("PASS_KEYS", keys.as_str()),
        ("TICKET_KEYS", tickets.as_str()),
        ("CHARGE", "demo"),
        ("BOOKING_LISTEN", taken.as_str()),
    ];
    assert_fails(
        &booking(&[], &settings),
        1,
        &format!("cannot listen on {taken}"),
    );
    for command in ["migrate", "audit"] {
        let output = booking(&[command], &settings[..1]);
        assert_fails(&output, 1, "refused");
        assert!(!String::from_utf8_lossy(&output.stderr).contains("hunter2"));
    }
}
