//! The operator's config: read live, and never able to break the line.

use gateway::store::BadValue;

use crate::harness::opened;

#[tokio::test]
async fn a_change_is_in_force_at_the_next_tick() {
    let (redis, desk) = opened(&[("max_active", "0")]).await;
    for number in 1..=9 {
        desk.join(number).await;
    }
    assert_eq!(desk.promote().await.promoted, 0);
    redis.configure(&[("max_active", "4")]).await;
    assert_eq!(desk.promote().await.promoted, 4);
    redis.configure(&[("max_active", "6.9")]).await;
    let promotion = desk.promote().await;
    assert_eq!(
        (promotion.promoted, promotion.max_active),
        (2, 6),
        "whole sessions only"
    );
    redis.configure(&[("promote_per_second", "0.5")]).await;
    assert!((desk.promote().await.rate - 0.5).abs() < f64::EPSILON);
}

#[tokio::test]
async fn a_value_that_cannot_be_used_keeps_the_last_good_one_and_is_told() {
    let good = [
        ("max_active", "3"),
        ("promote_per_second", "7"),
        ("session_seconds", "60"),
        ("claim_seconds", "5"),
        ("mode", "open"),
    ];
    let (redis, desk) = opened(&good).await;
    let expected = desk.promote().await;
    let bad = [
        "nan",
        "inf",
        "-inf",
        "0x10",
        "-1",
        "1e3",
        "",
        " 5",
        "5 ",
        "+5",
        ".5",
        "5.",
        "1,5",
        "1.2.3",
        "five",
        "99999999999999999999",
        "1000001",
    ];
    for value in bad {
        for (field, good) in good {
            redis.configure(&[(field, value)]).await;
            let now = desk.promote().await;
            let told = BadValue {
                field: field.to_owned(),
                value: value.to_owned(),
            };
            assert_eq!(now.bad, [told], "{field} {value:?}");
            assert_eq!(
                (now.max_active, now.rate),
                (expected.max_active, expected.rate)
            );
            assert_eq!(now.mode, expected.mode, "{field} {value:?}");
            redis.configure(&[(field, good)]).await;
        }
    }
    assert!(desk.promote().await.bad.is_empty());
}

#[tokio::test]
async fn a_session_lasts_as_long_as_the_last_good_value_says() {
    let (redis, desk) = opened(&[("session_seconds", "60")]).await;
    desk.promote().await;
    redis.configure(&[("session_seconds", "1e3")]).await;
    desk.join(1).await;
    let left = redis.score("active", 1).await.expect("active") - redis.now_ms().await;
    assert!((50_000..=60_000).contains(&left), "{left} ms");
}

#[tokio::test]
async fn a_value_out_of_its_range_is_none() {
    let (redis, desk) = opened(&[]).await;
    let out = [
        ("max_active", "1000001"),
        ("promote_per_second", "100001"),
        ("session_seconds", "0"),
        ("session_seconds", "86401"),
        ("claim_seconds", "0.5"),
        ("claim_seconds", "3601"),
        ("mode", "OPEN"),
    ];
    for (field, value) in out {
        let before = redis.field("config", field).await.expect("a default");
        redis.configure(&[(field, value)]).await;
        assert_eq!(desk.promote().await.bad.len(), 1, "{field} {value}");
        redis.configure(&[(field, &before)]).await;
    }
}

#[tokio::test]
async fn a_config_that_is_gone_altogether_keeps_the_last_good_one() {
    let (redis, desk) = opened(&[("max_active", "2")]).await;
    desk.promote().await;
    redis
        .ask::<()>(redis::cmd("DEL").arg(redis.key("config")))
        .await;
    let promotion = desk.promote().await;
    assert_eq!((promotion.max_active, promotion.bad.len()), (2, 5));
    for number in 1..=3 {
        desk.join(number).await;
    }
    assert_eq!(
        redis.size("active").await,
        2,
        "a default of 1000 would have let all in"
    );
}
