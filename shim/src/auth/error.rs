//! Why a caller is refused.

use http::StatusCode;

use super::date::AmzDate;

/// Why a request is refused; as text, what AWS says of it.
///
/// The text of [`Self::WrongSignature`] repeats the request's signed headers, session tokens among
/// them: it is for the caller, not for logs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// The request is not signed.
    #[error("Missing Authentication Token")]
    Missing,
    /// What was sent to prove the caller cannot be understood; says what is wrong with it.
    #[error("{0}")]
    Incomplete(String),
    /// The access key is not known, or its session token is wrong.
    #[error("The security token included in the request is invalid.")]
    UnknownKey,
    /// The access key was temporary, and its time is over.
    #[error("The security token included in the request is expired")]
    KeyExpired,
    /// Signed for something else; says what.
    #[error("{0}")]
    OutOfScope(String),
    /// Signed too long ago.
    #[error("Signature expired: {signed} is now earlier than {} ({now} - {}.)",
        .now.plus(-.seconds), length(*.seconds))]
    SignatureExpired {
        /// When it was signed.
        signed: AmzDate,
        /// The time here.
        now: AmzDate,
        /// How long the signature was good for, in seconds.
        seconds: i64,
    },
    /// Signed in the future.
    #[error("Signature not yet current: {signed} is still later than {} ({now} + {}.)",
        .now.plus(*.seconds), length(*.seconds))]
    NotYetCurrent {
        /// When it was signed.
        signed: AmzDate,
        /// The time here.
        now: AmzDate,
        /// How far the caller's clock may be ahead, in seconds.
        seconds: i64,
    },
    /// Signed with another secret, or something else than what came.
    #[error(
        "The request signature we calculated does not match the signature you provided. Check your \
         AWS Secret Access Key and signing method. Consult the service documentation for \
         details.\n\nThe Canonical String for this request should have been\n'{canonical_request}'\
         \n\nThe String-to-Sign should have been\n'{string_to_sign}'\n"
    )]
    WrongSignature {
        /// The canonical request.
        canonical_request: String,
        /// What the caller should have signed.
        string_to_sign: String,
    },
}

impl AuthError {
    /// The value of the response's `x-amzn-ErrorType`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing => "MissingAuthenticationTokenException",
            Self::Incomplete(_) => "IncompleteSignatureException",
            Self::UnknownKey => "UnrecognizedClientException",
            Self::KeyExpired => "ExpiredTokenException",
            Self::OutOfScope(_)
            | Self::SignatureExpired { .. }
            | Self::NotYetCurrent { .. }
            | Self::WrongSignature { .. } => "InvalidSignatureException",
        }
    }

    /// The response's status: 403, whatever is wrong.
    pub fn status(&self) -> StatusCode {
        StatusCode::FORBIDDEN
    }

    /// The text of the response.
    pub fn message(&self) -> String {
        self.to_string()
    }
}

fn length(seconds: i64) -> String {
    if seconds % 60 == 0 {
        format!("{} min", seconds / 60)
    } else {
        format!("{seconds} sec")
    }
}

#[cfg(test)]
mod tests {
    use super::{AmzDate, AuthError};

    #[test]
    fn times_are_told_as_aws_tells_them() {
        let (signed, now) = ("20261120T115000Z", "20261120T120600Z");
        let date = |text| AmzDate::parse(text).unwrap();
        let expired = AuthError::SignatureExpired {
            signed: date(signed),
            now: date(now),
            seconds: 300,
        };
        assert_eq!(
            expired.message(),
            "Signature expired: 20261120T115000Z is now earlier than 20261120T120100Z \
             (20261120T120600Z - 5 min.)"
        );
        let early = AuthError::NotYetCurrent {
            signed: date(now),
            now: date(signed),
            seconds: 300,
        };
        assert_eq!(
            early.message(),
            "Signature not yet current: 20261120T120600Z is still later than 20261120T115500Z \
             (20261120T115000Z + 5 min.)"
        );
    }
}
