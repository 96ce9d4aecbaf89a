//! `info! { … }`: JSON, written as tokens.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use quote::quote;
use syn::{Error, Lit};

use crate::json;

/// Puts the keys into the plugin's section.
pub(crate) fn expand(keys: TokenStream) -> syn::Result<TokenStream> {
    let mut members = String::new();
    object_members(keys, &mut members)?;
    let comma = if members.is_empty() { "" } else { "," };
    let record = format!("{{\"record\":\"info\"{comma}{members}}}\n");
    Ok(quote! {
        ::plugin_api::__record!(symbol: "shim_info", parts: [#record]);
    })
}

/// `"key": value, …` with an optional comma at the end.
fn object_members(tokens: TokenStream, out: &mut String) -> syn::Result<()> {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(key) = tokens.next() {
        let TokenTree::Literal(literal) = &key else {
            return Err(Error::new(
                key.span(),
                "expected a key in quotes: `\"team\": \"checkout\"`",
            ));
        };
        let Lit::Str(text) = Lit::new(literal.clone()) else {
            return Err(Error::new(key.span(), "expected a key in quotes"));
        };
        if text.value() == "record" {
            return Err(Error::new(key.span(), "the key `record` is taken"));
        }
        if !tokens.next().is_some_and(|token| is_punct(&token, ':')) {
            return Err(Error::new(
                key.span(),
                "expected `:` and a value after this key",
            ));
        }
        if !out.is_empty() && !out.ends_with('{') {
            out.push(',');
        }
        out.push_str(&json::string(&text.value()));
        out.push(':');
        let rest: Vec<_> =
            std::iter::from_fn(|| tokens.next_if(|token| !is_punct(token, ','))).collect();
        value(&rest, key.span(), out)?;
        tokens.next();
    }
    Ok(())
}

fn value(tokens: &[TokenTree], after: proc_macro2::Span, out: &mut String) -> syn::Result<()> {
    match tokens {
        [TokenTree::Literal(literal)] => scalar(literal, out),
        [TokenTree::Punct(minus), TokenTree::Literal(literal)]
            if minus.as_char() == '-' && minus.spacing() == Spacing::Alone =>
        {
            out.push('-');
            scalar(literal, out)
        }
        [TokenTree::Ident(word)] if word == "true" || word == "false" || word == "null" => {
            out.push_str(&word.to_string());
            Ok(())
        }
        [TokenTree::Group(group)] if group.delimiter() == Delimiter::Brace => {
            let mut members = String::new();
            object_members(group.stream(), &mut members)?;
            out.push('{');
            out.push_str(&members);
            out.push('}');
            Ok(())
        }
        [TokenTree::Group(group)] if group.delimiter() == Delimiter::Bracket => {
            out.push('[');
            let items: Vec<_> = group.stream().into_iter().collect();
            let mut first = true;
            for item in items
                .split(|token| is_punct(token, ','))
                .filter(|item| !item.is_empty())
            {
                if !std::mem::take(&mut first) {
                    out.push(',');
                }
                value(item, group.span(), out)?;
            }
            out.push(']');
            Ok(())
        }
        other => {
            let span = other.first().map_or(after, TokenTree::span);
            Err(Error::new(
                span,
                "expected a JSON value: a string, number, bool, null, [ ] or { }",
            ))
        }
    }
}

fn scalar(literal: &proc_macro2::Literal, out: &mut String) -> syn::Result<()> {
    match Lit::new(literal.clone()) {
        Lit::Str(text) => out.push_str(&json::string(&text.value())),
        Lit::Int(number) => out.push_str(number.base10_digits()),
        Lit::Float(number) => out.push_str(number.base10_digits()),
        other => return Err(Error::new(other.span(), "not a JSON value")),
    }
    Ok(())
}

fn is_punct(token: &TokenTree, char: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == char)
}
