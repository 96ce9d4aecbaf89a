//! What stands in the parentheses of `#[handler(…)]`.

use proc_macro::TokenStream;
use proc_macro2::Span;
use syn::meta::ParseNestedMeta;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned as _;
use syn::{Error, Ident, LitStr, Token, ext::IdentExt as _, parenthesized};

/// The longest name of a handler or an error, in bytes.
const MAX_NAME: usize = 128;

const KNOWN: &str =
    "unknown argument; `#[handler]` takes only `name = \"…\"`, `errors(…)` and `service`";

/// What an author says of a handler beside its code.
#[derive(Default)]
pub(crate) struct Arguments {
    /// The handler's name, if it is not the item's.
    pub(crate) name: Option<LitStr>,
    /// The names of the errors that it declares, in the order given.
    pub(crate) errors: Vec<String>,
    /// Where it says that the function makes a service, if it does.
    pub(crate) service: Option<Span>,
}

impl Arguments {
    pub(crate) fn parse(arguments: TokenStream) -> syn::Result<Self> {
        let mut parsed = Self::default();
        let parser = syn::meta::parser(|meta| {
            if meta.path.is_ident("name") {
                let given: LitStr = meta.value()?.parse()?;
                check_name(&given.value()).map_err(|message| Error::new(given.span(), message))?;
                parsed.name = Some(given);
                Ok(())
            } else if meta.path.is_ident("errors") {
                parsed.add_errors(&meta)
            } else if meta.path.is_ident("service") {
                parsed.service = Some(meta.path.span());
                Ok(())
            } else {
                Err(meta.error(KNOWN))
            }
        });
        parser.parse(arguments)?;
        Ok(parsed)
    }

    fn add_errors(&mut self, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        if !meta.input.peek(syn::token::Paren) {
            return Err(meta.error(
                "expected the names of errors in parentheses: \
                 `errors(NotFound, \"Orders.OutOfStock\")`",
            ));
        }
        let list;
        parenthesized!(list in meta.input);
        let names = Punctuated::<ErrorName, Token![,]>::parse_terminated(&list)?;
        if names.is_empty() {
            return Err(meta.error("`errors(…)` names one error at least"));
        }
        for ErrorName { name, span } in names {
            if self.errors.contains(&name) {
                let message = format!("the error `{name}` is declared twice");
                return Err(Error::new(span, message));
            }
            self.errors.push(name);
        }
        Ok(())
    }
}

/// The name of an error: a word, or any visible characters in quotes.
struct ErrorName {
    name: String,
    span: Span,
}

impl Parse for ErrorName {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let (name, span) = if input.peek(LitStr) {
            let quoted: LitStr = input.parse()?;
            (quoted.value(), quoted.span())
        } else if input.peek(Ident::peek_any) {
            let word = input.call(Ident::parse_any)?;
            (word.unraw().to_string(), word.span())
        } else {
            return Err(input.error(
                "expected the name of an error: a word as in `NotFound`, or a text as in \
                 `\"Orders.OutOfStock\"`",
            ));
        };
        let visible = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic());
        if !visible || name.len() > MAX_NAME {
            let message = format!(
                "`{}` cannot be the name of an error: use up to {MAX_NAME} visible ASCII \
                 characters without spaces",
                name.escape_debug()
            );
            return Err(Error::new(span, message));
        }
        if !input.is_empty() && !input.peek(Token![,]) {
            return Err(input.error(
                "expected `,`; a name of more than one word stands in quotes, as in \
                 `\"Orders.OutOfStock\"`",
            ));
        }
        Ok(Self { name, span })
    }
}

/// A handler's name becomes part of a symbol and of `file.handler`: letters, digits and `_`.
fn check_name(name: &str) -> Result<(), String> {
    let first = name
        .bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    let rest = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if first && rest && name.len() <= MAX_NAME {
        Ok(())
    } else {
        Err(format!(
            "`{name}` cannot be the name of a handler: use up to {MAX_NAME} letters, digits and \
             `_`, not starting with a digit"
        ))
    }
}
