//! The servers that the rules are tried on: `MariaDB`, and beside it a real `MySQL`.

use crate::harness::TestDatabase;

/// `scripts/test --mysql` says so; without that either is right.
const ASKED_FOR: &str = "STAGEDOOR_DATABASE";

#[tokio::test(flavor = "multi_thread")]
async fn rule_1_the_server_is_the_one_that_was_asked_for_and_new_enough() {
    let database = TestDatabase::migrated().await;
    let version = database.texts("SELECT VERSION()").await.concat();
    let is_mariadb = version.contains("MariaDB");
    if std::env::var(ASKED_FOR).is_ok_and(|asked| asked == "mysql") {
        assert!(!is_mariadb, "a MySQL was asked for, and this is {version}");
    }
    let mut numbers = version.split(['.', '-']).map(str::parse::<u32>);
    let mut next = || numbers.next().and_then(Result::ok).expect("a version");
    let found = (next(), next());
    let least = if is_mariadb { (10, 11) } else { (8, 4) };
    assert!(found >= least, "{version} is older than {least:?}");
}
