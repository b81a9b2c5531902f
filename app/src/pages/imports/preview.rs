//! Before an import: how the file is read, what it would become, what cannot be taken. Nothing is booked yet.

use super::Visit;
use super::mapping::{self, Reading};
use super::progress::problem_table;
use crate::components::field::{ErrorSummary, Field, Problem};
use crate::components::notice::Notice;
use crate::components::panel::Panel;
use crate::components::{Amount, Tone};
use crate::phrase::Phrase;
use crate::ports::{ImportMapping, ImportPreset, ImportPreview, Person, PortError};
use crate::text::fill;
use crate::text::imports::{Imports, counted};
use crate::visit::PageError;
use domain::{Currency, TransactionKind};
use leptos::prelude::*;
use uuid::Uuid;

/// The page's body, and whether it shows a problem.
pub async fn body(visit: &Visit, person: &Person, id: Uuid) -> Result<(AnyView, bool), PageError> {
    let text = &visit.texts().imports;
    let reading = Reading::read(|name| visit.query.get(name));
    let given = reading.mapping();
    let mut problems = Vec::new();
    if let Err(mapping::BadField(field)) = &given {
        problems.push(Problem { field: (*field).to_owned(), sentence: text.problem_mapping.to_owned() });
    }
    match visit.query.get("problem").as_deref() {
        Some("start") => problems.push(Problem { field: "preset".into(), sentence: text.problem_start.to_owned() }),
        Some(_) if problems.is_empty() => {
            problems.push(Problem { field: "preset".into(), sentence: text.problem_mapping.to_owned() });
        }
        _ => {}
    }
    let given = given.unwrap_or_default();
    let preview = match visit.ports.imports.preview(person, id, given.as_ref()).await {
        // The file is there (its page is), but not a table when read like this: say so and offer the guess again.
        Err(PortError::NotFound) if given.is_some() => {
            problems.push(Problem { field: "delimiter".into(), sentence: text.unreadable.to_owned() });
            visit.ports.imports.preview(person, id, None).await
        }
        preview => preview,
    };
    let has_problems = !problems.is_empty();
    let summary = view! { <ErrorSummary title=visit.texts().common.summary problems /> };
    let rest = match preview {
        Ok(preview) => whole(visit, id, preview),
        Err(PortError::NotFound) => view! { <Notice tone=Tone::Bad text=text.unreadable /> }.into_any(),
        Err(error) => return Err(error.into()),
    };
    Ok((view! { {summary} {rest} }.into_any(), has_problems))
}

fn whole(visit: &Visit, id: Uuid, preview: ImportPreview) -> AnyView {
    let text = &visit.texts().imports;
    let problems = (!preview.problems.is_empty()).then(|| {
        let table = problem_table(visit, &preview.problems);
        view! { <Panel title=text.problems>{table}</Panel> }
    });
    let mapping = mapping_form(visit, id, &preview);
    let booked = (finding(visit, id, &preview), booked_table(visit, &preview));
    let sample = sample_table(text, &preview);
    view! {
        <div class="board">
            <Panel title=text.mapping>{mapping}</Panel>
            <Panel title=text.preview>{booked}</Panel>
        </div>
        <Panel title=text.sample>{sample}</Panel>
        {problems}
    }
    .into_any()
}

fn finding(visit: &Visit, id: Uuid, preview: &ImportPreview) -> AnyView {
    let (text, language) = (&visit.texts().imports, visit.language());
    if preview.date_order_unclear {
        return view! { <Notice tone=Tone::Wait text=text.order_unclear /> }.into_any();
    }
    if preview.good == 0 {
        return view! { <Notice tone=Tone::Bad text=text.nothing_good /> }.into_any();
    }
    let transactions = counted(language, preview.good, text.one_transaction, text.many_transactions);
    let accounts = counted(language, preview.accounts, text.one_account, text.many_accounts);
    let lines = counted(language, preview.bad, text.one_line, text.many_lines);
    let values = [("transactions", transactions.as_str()), ("accounts", &accounts), ("lines", &lines)];
    let sentence = fill(text.finding, &values);
    let tone = if preview.bad > 0 { Tone::Wait } else { Tone::Ok };
    let start = fill(text.start, &[("transactions", &transactions)]);
    view! {
        <Notice tone text=sentence />
        <p class="hint">{text.history}</p>
        <form class="form" method="post" action="/do/start_import">
            <input type="hidden" name="upload" value=id.to_string() />
            <input type="hidden" name="reading" value=Reading::of(&preview.mapping).query() />
            <button class="button" data-look="primary">
                {start}
            </button>
        </form>
    }
    .into_any()
}

fn booked_table(visit: &Visit, preview: &ImportPreview) -> AnyView {
    let (texts, language) = (visit.texts(), visit.language());
    let text = &texts.imports;
    let currency: Currency = preview.mapping.currency.parse().unwrap_or(Currency::EUR);
    let rows = preview.rows.iter().map(|row| {
        let signed = if row.kind == TransactionKind::Withdrawal { -row.amount_minor } else { row.amount_minor };
        view! {
            <tr>
                <td>{language.date(row.date)}</td>
                <th scope="row">{row.account.clone()}</th>
                <td>{Phrase::from(row.kind).text(language)}</td>
                <td data-type="number">
                    <Amount amount_minor=signed currency language signed=true />
                </td>
                <td data-type="number">{language.number(i64::try_from(row.line).unwrap_or(i64::MAX))}</td>
            </tr>
        }
    });
    view! {
        <div class="table-scroll" role="region" tabindex="0" aria-label=text.as_booked>
            <table class="data">
                <caption>{text.as_booked}</caption>
                <thead>
                    <tr>
                        <th scope="col">{texts.common.date}</th>
                        <th scope="col">{texts.common.account}</th>
                        <th scope="col">{texts.common.what}</th>
                        <th scope="col" data-type="number">
                            {texts.common.amount}
                        </th>
                        <th scope="col" data-type="number">
                            {text.line}
                        </th>
                    </tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn sample_table(text: &'static Imports, preview: &ImportPreview) -> AnyView {
    let heads = preview.headers.iter().enumerate().map(|(index, header)| {
        let name = if header.trim().is_empty() { column_name(text, index) } else { header.clone() };
        view! { <th scope="col">{name}</th> }
    });
    let rows = preview.sample.iter().map(|line| {
        let cells = line.iter().map(|cell| view! { <td>{cell.clone()}</td> }).collect_view();
        view! { <tr>{cells}</tr> }
    });
    view! {
        <div class="table-scroll" role="region" tabindex="0" aria-label=text.sample>
            <table class="data raw">
                <caption class="unseen">{text.sample}</caption>
                <thead>
                    <tr>{heads.collect_view()}</tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn column_name(text: &Imports, index: usize) -> String {
    fill(text.column, &[("number", &(index + 1).to_string())])
}

/// A GET form, so that the reading stays in the address and the preview follows it.
fn mapping_form(visit: &Visit, id: Uuid, preview: &ImportPreview) -> AnyView {
    let text = &visit.texts().imports;
    let mapping = &preview.mapping;
    let presets = mapping::PRESETS.map(|preset| {
        let word = match preset {
            ImportPreset::StudentBank => text.preset_student_bank,
            ImportPreset::Berka => text.preset_berka,
            ImportPreset::Columns => text.preset_columns,
        };
        (mapping::preset_name(preset).to_owned(), word.to_owned())
    });
    let (bank, currency) = (mapping.bank.clone(), mapping.currency.clone());
    let again = visit.query.get("again").map(|_| view! { <input type="hidden" name="again" value="1" /> });
    view! {
        <form class="form" method="get" action=format!("/imports/{id}")>
            {again} {select("preset", text.preset, &presets, mapping::preset_name(mapping.preset))}
            <div class="row">
                <Field name="bank" label=text.bank hint=text.bank_hint problem=None>
                    <input
                        id="field-bank"
                        name="bank"
                        type="text"
                        size="16"
                        aria-describedby="hint-bank"
                        value=bank
                    />
                </Field>
                <Field name="currency" label=text.currency problem=None>
                    <input id="field-currency" name="currency" type="text" size="4" value=currency />
                </Field>
            </div>
            {column_fields(text, preview)}
            <button class="button">{text.preview_again}</button>
        </form>
    }
    .into_any()
}

/// What only a file of unknown form needs.
fn column_fields(text: &'static Imports, preview: &ImportPreview) -> AnyView {
    let mapping = &preview.mapping;
    let columns: Vec<(String, String)> = preview
        .headers
        .iter()
        .enumerate()
        .map(|(index, header)| {
            let name = column_name(text, index);
            let name = if header.trim().is_empty() { name } else { format!("{name}: {header}") };
            (index.to_string(), name)
        })
        .collect();
    let none = [(String::new(), text.no_column.to_owned())];
    let optional: Vec<(String, String)> = none.into_iter().chain(columns.clone()).collect();
    let column = |column: usize| column.to_string();
    view! {
        <fieldset class="mapping" data-preset=mapping::preset_name(mapping.preset)>
            <legend>{text.preset_columns}</legend>
            <div class="row">
                {select("delimiter", text.delimiter, &delimiters(text), mapping::delimiter_name(mapping.delimiter))}
                {select("date_column", text.date_column, &columns, &column(mapping.date_column))}
                {select("date_order", text.date_order, &orders(text), order_of(mapping))}
                {select("account_column", text.account_column, &columns, &column(mapping.account_column))}
                {select("amount_column", text.amount_column, &columns, &column(mapping.amount_column))}
                {select(
                    "balance_column",
                    text.balance_column,
                    &optional,
                    &mapping.balance_column.map(column).unwrap_or_default(),
                )}
            </div>
        </fieldset>
    }
    .into_any()
}

fn order_of(mapping: &ImportMapping) -> &'static str {
    mapping.date_order.map(mapping::order_name).unwrap_or_default()
}

fn delimiters(text: &Imports) -> [(String, String); 4] {
    let words = [text.delimiter_semicolon, text.delimiter_comma, text.delimiter_tab, text.delimiter_pipe];
    let mut words = words.into_iter();
    mapping::DELIMITERS
        .map(|delimiter| (mapping::delimiter_name(delimiter).to_owned(), words.next().unwrap_or_default().to_owned()))
}

fn orders(text: &Imports) -> Vec<(String, String)> {
    let words = [text.order_day_month_year, text.order_month_day_year, text.order_year_month_day];
    let orders = mapping::ORDERS.into_iter().map(|order| mapping::order_name(order).to_owned());
    let unsaid = [(String::new(), text.order_unsaid.to_owned())];
    unsaid.into_iter().chain(orders.zip(words.map(str::to_owned))).collect()
}

fn select(name: &'static str, label: &'static str, options: &[(String, String)], chosen: &str) -> AnyView {
    let options = options.iter().map(|(value, word)| {
        let (value, selected, word) = (value.clone(), value == chosen, word.clone());
        view! {
            <option value=value selected=selected>
                {word}
            </option>
        }
    });
    let options = options.collect_view();
    view! {
        <Field name label problem=None>
            <select id=format!("field-{name}") name=name>
                {options}
            </select>
        </Field>
    }
    .into_any()
}
