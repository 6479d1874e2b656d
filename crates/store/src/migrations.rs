//! The migrations, oldest first. They only move forward and are never edited after a release.

use crate::sql::migrate::Migration;

macro_rules! migrations {
    ($($version:literal $name:literal needs $oldest_release:literal;)*) => {
        /// Every migration.
        pub const MIGRATIONS: &[Migration] = &[$(Migration {
            version: $version,
            name: $name,
            oldest_release: $oldest_release,
            sqlite: include_str!(concat!("../migrations/sqlite/", $name, ".sql")),
            postgres: include_str!(concat!("../migrations/postgres/", $name, ".sql")),
        }),*];
    };
}

// After `needs`: the oldest release that may run on a database with the migration.
migrations! {
    1 "0001_foundation" needs "0.1.0";
    2 "0002_inbox" needs "0.1.0";
    3 "0003_bookings" needs "0.1.0";
    4 "0004_sql_door" needs "0.1.0";
    5 "0005_nodes" needs "0.1.0";
    6 "0006_retention" needs "0.1.0";
    7 "0007_upstream" needs "0.1.0";
    8 "0008_event_types" needs "0.1.0";
    9 "0009_claims" needs "0.1.0";
    10 "0010_takeovers" needs "0.1.0";
    11 "0011_ledger" needs "0.1.0";
    12 "0012_holds" needs "0.1.0";
    13 "0013_booking_out" needs "0.1.0";
    14 "0014_findings" needs "0.1.0";
}
