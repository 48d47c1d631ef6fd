//! The small house that every test begins with: few seats, and a date of every kind.

/// The contract's examples: seats 1 to 50 at 10,000 won.
pub(crate) const FIRST: &str = "2099-10-01";
/// Seats 51 to 60 at 12,000 won.
pub(crate) const SECOND: &str = "2099-10-02";
/// Seat 61, whose sale has not opened.
pub(crate) const SOON: &str = "2099-10-03";
/// Seat 62, whose sale is over.
pub(crate) const CLOSED: &str = "2099-10-04";
/// Seat 63, on a date that is past.
pub(crate) const PAST: &str = "2021-10-05";
/// The seat of another concert, sold by the queue `vip`.
pub(crate) const VIP_SEAT: u64 = 64;

/// The house as a file for `booking import`.
pub(crate) static HALL: std::sync::LazyLock<String> = std::sync::LazyLock::new(hall);

const HEADER: &str = "concert,date,section,row,seat,price,sales_open_at,sales_close_at,venue,queue";

fn hall() -> String {
    let long_open = "2020-01-01 00:00,";
    let mut lines = vec![HEADER.to_owned()];
    for seat in 1..=50 {
        lines.push(format!(
            "Evening,{FIRST},Hall,A,{seat},10000,{long_open},Opera House,"
        ));
    }
    for seat in 1..=10 {
        lines.push(format!(
            "Evening,{SECOND},Hall,A,{seat},12000,{long_open},,"
        ));
    }
    lines.push(format!("Evening,{SOON},Hall,A,1,10000,2099-09-01 10:00,,,"));
    lines.push(format!(
        "Evening,{CLOSED},Hall,A,1,10000,2020-01-01 00:00,2021-01-01 00:00,,"
    ));
    lines.push(format!("Evening,{PAST},Hall,A,1,10000,{long_open},,"));
    lines.push(format!(
        "Reception,{FIRST},Foyer,A,1,90000,{long_open},Opera House,vip"
    ));
    lines.join("\n")
}
