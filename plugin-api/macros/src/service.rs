//! `#[handler(service)]` on a function that makes a `tower::Service`.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Error, FnArg, ItemFn, ReturnType, Type, parse_quote};

use crate::arguments::Arguments;
use crate::function::{is_named, refuse_odd_signatures, response_type};
use crate::record::{Handler, describe, export};

/// For `service` on anything else.
pub(crate) const ON_A_FUNCTION: &str =
    "`service` goes on a function that returns a `tower::Service`, such as an `axum::Router`";

const SIGNATURE: &str = "a function that makes a service takes nothing, or the `InitContext` with \
                         its settings: `async fn name(ctx: InitContext) -> Result<Router, Error>`";

const NO_SERVICE: &str = "this function returns no service: write `-> axum::Router`, \
                          `-> Result<axum::Router, Error>` or another `tower::Service`";

const NO_FEATURE: &str = "`service` needs the feature `tower` of plugin-api\n\
                          help: cargo add plugin-api --features tower";

/// Keeps the function and adds an entry that calls it once, as `init`.
pub(crate) fn expand(
    given: Arguments,
    service: Span,
    function: ItemFn,
) -> syn::Result<TokenStream> {
    if !cfg!(feature = "tower") {
        return Err(Error::new(service, NO_FEATURE));
    }
    refuse_odd_signatures(&function)?;
    let signature = &function.sig;
    let ident = &signature.ident;
    let name = given
        .name
        .map_or_else(|| ident.to_string(), |name| name.value());
    let ReturnType::Type(_, output) = &signature.output else {
        return Err(Error::new_spanned(signature, NO_SERVICE));
    };

    let arguments = if takes_context(&function)? {
        quote!(__plugin_api::init_context(__function))
    } else {
        TokenStream::new()
    };
    let wait = signature.asyncness.is_some().then(|| quote!(.await));
    let made = quote!(#ident(#arguments) #wait);
    let (_, fallible) = response_type(&signature.output);
    let made = if fallible {
        quote_spanned!(output.span()=> __plugin_api::fallible(#made)?)
    } else {
        made
    };
    let service = quote_spanned!(output.span()=> __plugin_api::service(__service));

    let visibility = &function.vis;
    let request: Type = parse_quote!(::plugin_api::http::Request<::plugin_api::Body>);
    let response: Type = parse_quote!(::plugin_api::http::Response<::plugin_api::Body>);
    let describe = describe(&request, &response);
    let export = export(&Handler {
        name: &name,
        errors: &given.errors,
        attributes: &function.attrs,
        entry: quote!(#ident),
        lifecycle: false,
        is_async: true,
    });

    Ok(quote! {
        #function

        /// The entry of the handler, for `plugin_api::testing`.
        #[doc(hidden)]
        #[allow(non_camel_case_types, dead_code, unreachable_pub, missing_docs)]
        #visibility struct #ident {
            service: ::plugin_api::__private::Service,
        }

        const _: () = {
            use ::plugin_api::__private as __plugin_api;

            impl __plugin_api::Entry for #ident {
                const FLAGS: u64 = __plugin_api::Service::FLAGS;
                #describe
                type Instance = ();
                type Error = ::plugin_api::Error;

                fn stateless() -> ::core::option::Option<()> {
                    ::core::option::Option::Some(())
                }

                async fn init(
                    __function: &'static __plugin_api::Function,
                ) -> ::core::result::Result<Self, ::plugin_api::Error> {
                    let __service = #made;
                    ::core::result::Result::Ok(Self { service: #service })
                }

                async fn start(&self) -> ::core::result::Result<(), ::plugin_api::Error> {
                    ::core::result::Result::Ok(())
                }

                async fn run(
                    &self,
                    _: ::core::result::Result<&mut (), ::plugin_api::Error>,
                    request: __plugin_api::Request<'_>,
                ) -> ::core::result::Result<__plugin_api::Response, ::plugin_api::Error> {
                    self.service.run(request).await
                }

                async fn stop(&self, _: ()) -> ::core::result::Result<(), ::plugin_api::Error> {
                    ::core::result::Result::Ok(())
                }
            }
        };

        #export
    })
}

/// Whether the function takes the context of `init`, which is all that it may take.
fn takes_context(function: &ItemFn) -> syn::Result<bool> {
    let mut inputs = function.sig.inputs.iter();
    match (inputs.next(), inputs.next()) {
        (None, _) => Ok(false),
        (Some(FnArg::Typed(only)), None) if is_named(&only.ty, "InitContext") => Ok(true),
        (Some(FnArg::Typed(only)), None) => match &*only.ty {
            Type::Reference(reference) if is_named(&reference.elem, "InitContext") => Err(
                Error::new_spanned(reference, "the function owns its context: remove the `&`"),
            ),
            _ => Err(Error::new_spanned(only, SIGNATURE)),
        },
        _ => Err(Error::new_spanned(&function.sig.inputs, SIGNATURE)),
    }
}
