//! docs/ERD.md draws the tables that the migrations make: their columns, keys and references.

use crate::harness::TestDatabase;

const PAGE: &str = include_str!("../../../../docs/ERD.md");

/// Tables of a tool begin with an underscore.
const OURS: &str = "table_schema = DATABASE() AND table_name NOT LIKE '\\_%'";

#[tokio::test]
async fn the_diagram_has_the_tables_columns_and_references_of_the_database() {
    let database = TestDatabase::migrated().await;
    let drawn: Vec<&str> = between(PAGE, "erDiagram\n", "```").lines().collect();
    let mut real = references(&database).await;
    real.extend(tables(&database).await);
    // Dotted lines are references that no foreign key holds: the page's own.
    let solid: Vec<&str> = drawn
        .into_iter()
        .filter(|line| !line.contains(".."))
        .collect();
    assert!(solid == real, "the diagram has to be:\n{}", real.join("\n"));
}

#[tokio::test]
async fn the_table_of_keys_has_the_keys_of_the_database() {
    let database = TestDatabase::migrated().await;
    let told: Vec<&str> = between(PAGE, "|---|---|---|---|\n", "\n\n")
        .lines()
        .collect();
    let real = keys(&database).await;
    assert!(told == real, "the table has to be:\n{}", real.join("\n"));
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(start).expect("the page has its block");
    rest.split_once(end).expect("the block has an end").0
}

/// `concerts ||--o{ concert_dates : concert_id`, from the foreign keys.
async fn references(database: &TestDatabase) -> Vec<String> {
    let sql = format!(
        "SELECT CONCAT_WS('|', k.referenced_table_name, k.table_name, k.column_name, c.column_key)
           FROM information_schema.key_column_usage k
           JOIN information_schema.columns c USING (table_schema, table_name, column_name)
          WHERE {} AND k.referenced_table_name IS NOT NULL",
        OURS.replace("table_", "k.table_")
    );
    let rows = rows(database, &sql).await;
    let lines = rows.iter().map(|row| {
        let many = if row[3] == "PRI" { "o|" } else { "o{" };
        format!("    {} ||--{many} {} : {}", row[0], row[1], row[2])
    });
    lines.collect()
}

/// Each table with its columns: type, name, keys, and whether it may be NULL or what it may be.
async fn tables(database: &TestDatabase) -> Vec<String> {
    let sql = format!(
        "SELECT CONCAT_WS('|', table_name, LPAD(ordinal_position, 3, '0'), data_type, column_name,
                          column_key, is_nullable, IF(data_type = 'enum', column_type, ''))
           FROM information_schema.columns WHERE {OURS}"
    );
    let rows = rows(database, &sql).await;
    let mut lines = Vec::new();
    for table in rows.chunk_by(|one, next| one[0] == next[0]) {
        lines.push(format!("    {} {{", table[0][0]));
        lines.extend(table.iter().map(|row| column(row)));
        lines.push("    }".to_owned());
    }
    lines
}

fn column(row: &[String]) -> String {
    let key = match row[4].as_str() {
        "PRI" => " PK",
        "UNI" => " UK",
        _ => "",
    };
    let values = row[6].trim_start_matches("enum(").trim_end_matches(')');
    let values = values.replace('\'', "").replace(',', ", ");
    let remark = match (row[5].as_str(), values.as_str()) {
        ("YES", "") => " \"may be NULL\"".to_owned(),
        (_, "") => String::new(),
        (_, values) => format!(" \"{values}\""),
    };
    format!("        {} {}{key}{remark}", row[2], row[3])
}

/// Rows of the page's table: table, key, columns, and whether it is unique.
async fn keys(database: &TestDatabase) -> Vec<String> {
    let sql = format!(
        "SELECT CONCAT_WS('|', table_name, index_name,
                          GROUP_CONCAT(column_name ORDER BY seq_in_index SEPARATOR ', '),
                          IF(MIN(non_unique) = 0, 'yes', ''))
           FROM information_schema.statistics WHERE {OURS}
          GROUP BY table_name, index_name"
    );
    let rows = rows(database, &sql).await;
    let lines = rows.iter().map(|row| {
        let unique = if row[3].is_empty() { "" } else { "yes " };
        format!("| `{}` | `{}` | {} | {unique}|", row[0], row[1], row[2])
    });
    lines.collect()
}

/// The cells of each row. Sorted here, because servers sort names in different ways.
async fn rows(database: &TestDatabase, sql: &str) -> Vec<Vec<String>> {
    let mut texts = database.texts(sql).await;
    texts.sort();
    let cells = texts.iter().map(|text| text.split('|').map(str::to_owned));
    cells.map(Iterator::collect).collect()
}
