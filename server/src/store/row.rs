//! Rows as structs. sqlx's own derive would bring a second sqlx, Postgres driver and TLS along for the compiler.

/// Declares a struct that is read from a row, each field from the column of its name.
macro_rules! row {
    ($(#[$of_struct:meta])* $seen:vis struct $name:ident {
        $($(#[$of_field:meta])* $field_seen:vis $field:ident: $type:ty,)*
    }) => {
        $(#[$of_struct])*
        $seen struct $name {
            $($(#[$of_field])* $field_seen $field: $type,)*
        }

        impl sqlx::FromRow<'_, sqlx::postgres::PgRow> for $name {
            fn from_row(row: &sqlx::postgres::PgRow) -> sqlx::Result<Self> {
                Ok(Self { $($field: sqlx::Row::try_get(row, stringify!($field))?,)* })
            }
        }
    };
}

pub(super) use row;
