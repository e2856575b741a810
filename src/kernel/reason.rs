//! The stable reasons of errors: each stands here and in `errors.proto`, where its metadata keys are documented.

/// What a reason comes to for the caller; the server turns it into a gRPC code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// INVALID_ARGUMENT: the request can never work.
    InvalidArgument,
    /// One field's violation inside an INVALID_ARGUMENT or a refusal.
    FieldViolation,
    /// NOT_FOUND.
    NotFound,
    /// ALREADY_EXISTS.
    AlreadyExists,
    /// ABORTED: read again, then decide again.
    Aborted,
    /// FAILED_PRECONDITION: a rule refuses it as things stand.
    FailedPrecondition,
    /// RESOURCE_EXHAUSTED: a capacity or a quota is used up.
    ResourceExhausted,
    /// PERMISSION_DENIED.
    PermissionDenied,
    /// UNAUTHENTICATED.
    Unauthenticated,
    /// UNAVAILABLE: try again later.
    Unavailable,
    /// DEADLINE_EXCEEDED.
    DeadlineExceeded,
    /// CANCELLED by the client.
    Cancelled,
    /// UNIMPLEMENTED: no such method.
    Unimplemented,
    /// INTERNAL: a defect of the service.
    Internal,
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $number:literal => $code:literal, $class:ident;)+) => {
        $crate::kernel::vocabulary! {
            /// Why something was refused: stable, never reused for something else.
            pub enum Reason: "ErrorReason" { $($(#[$doc])* $name = $number => $code),+ }
        }

        impl Reason {
            /// What the reason comes to for the caller.
            #[must_use]
            pub const fn class(self) -> Class {
                match self { $(Self::$name => Class::$class),+ }
            }
        }
    };
}

reasons! {
    /// Fields are wrong; the violations name every one.
    InvalidFields = 1 => "INVALID_FIELDS", InvalidArgument;
    /// The field must be set.
    Required = 2 => "REQUIRED", FieldViolation;
    /// The value is beyond the limit that the field's comment states.
    OutOfRange = 3 => "OUT_OF_RANGE", FieldViolation;
    /// The value doesn't have the shape that the field's comment states.
    Malformed = 4 => "MALFORMED", FieldViolation;
    /// The enum has no such value.
    UnknownValue = 5 => "UNKNOWN_VALUE", FieldViolation;
    /// The same entry stands twice.
    Duplicate = 6 => "DUPLICATE", FieldViolation;
    /// An end is before its start, or two fields contradict each other.
    Inconsistent = 7 => "INCONSISTENT", FieldViolation;
    /// The text has a NUL or another control character.
    ControlCharacter = 8 => "CONTROL_CHARACTER", FieldViolation;
    /// The update mask names a field that can't be updated.
    NotUpdatable = 9 => "NOT_UPDATABLE", FieldViolation;
    /// The page token is damaged or belongs to another query.
    PageTokenInvalid = 10 => "PAGE_TOKEN_INVALID", FieldViolation;
    /// A patient token could hold an identity number.
    TokenNotDeidentified = 11 => "TOKEN_NOT_DEIDENTIFIED", FieldViolation;
    /// No such resource, or a foreign one.
    ResourceNotFound = 20 => "RESOURCE_NOT_FOUND", NotFound;
    /// A resource has this id.
    ResourceExists = 21 => "RESOURCE_EXISTS", AlreadyExists;
    /// Another resource has this external id.
    ExternalIdTaken = 22 => "EXTERNAL_ID_TAKEN", AlreadyExists;
    /// The resource changed since its etag was read.
    EtagMismatch = 23 => "ETAG_MISMATCH", Aborted;
    /// The request id was used before for another body.
    RequestIdReused = 24 => "REQUEST_ID_REUSED", AlreadyExists;
    /// The write queue is full.
    Overloaded = 30 => "OVERLOADED", Unavailable;
    /// The database didn't answer; the outcome is unknown.
    StorageUnavailable = 31 => "STORAGE_UNAVAILABLE", Unavailable;
    /// A defect of the service.
    Internal = 32 => "INTERNAL", Internal;
    /// The caller's metadata is missing or malformed.
    CallerInvalid = 33 => "CALLER_INVALID", InvalidArgument;
    /// The server is shutting down.
    ShuttingDown = 34 => "SHUTTING_DOWN", Unavailable;
    /// There is no such service or method.
    MethodUnknown = 35 => "METHOD_UNKNOWN", Unimplemented;
    /// The request message is larger than the server takes.
    MessageTooLarge = 36 => "MESSAGE_TOO_LARGE", ResourceExhausted;
    /// The request's bytes aren't the method's message.
    MessageMalformed = 37 => "MESSAGE_MALFORMED", InvalidArgument;
    /// The request message is compressed in a way that the server can't read.
    EncodingUnsupported = 38 => "ENCODING_UNSUPPORTED", Unimplemented;
    /// The call's deadline passed before it was answered; a write may have taken place.
    DeadlineExceeded = 39 => "DEADLINE_EXCEEDED", DeadlineExceeded;
    /// Another resource still refers to it.
    InUse = 40 => "IN_USE", FailedPrecondition;
    /// The resource's state doesn't allow the verb.
    IllegalTransition = 41 => "ILLEGAL_TRANSITION", FailedPrecondition;
    /// The programme has ended.
    ProgrammeEnded = 42 => "PROGRAMME_ENDED", FailedPrecondition;
    /// The day is counted already by the unit in force.
    SittingUnitInForce = 43 => "SITTING_UNIT_IN_FORCE", FailedPrecondition;

    /// The answer to a batch would be larger than a message can be.
    AnswerTooLarge = 44 => "ANSWER_TOO_LARGE", ResourceExhausted;

    /// Another hospital is known by this name or alias.
    HospitalNameTaken = 50 => "HOSPITAL_NAME_TAKEN", AlreadyExists;
    /// The site has no such room.
    RoomUnknown = 51 => "ROOM_UNKNOWN", FailedPrecondition;

    /// Another expert has this licence.
    LicenceTaken = 60 => "LICENCE_TAKEN", AlreadyExists;
    /// Each of the two experts has a licence of its own.
    LicencesDiffer = 61 => "LICENCES_DIFFER", FailedPrecondition;
    /// Two main affiliations on one day.
    AffiliationsOverlap = 62 => "AFFILIATIONS_OVERLAP", FailedPrecondition;
    /// Another assistant is the expert's primary at the site on one of the days.
    PrimaryTaken = 63 => "PRIMARY_TAKEN", FailedPrecondition;
    /// The expert and the assistant are paired on one of the days.
    PairedAlready = 64 => "PAIRED_ALREADY", FailedPrecondition;
    /// The expert isn't on the roster on one of the days.
    ExpertNotOnRoster = 65 => "EXPERT_NOT_ON_ROSTER", FailedPrecondition;
    /// The assistant isn't at the site any more on one of the days.
    AssistantEnded = 66 => "ASSISTANT_ENDED", FailedPrecondition;
    /// Two that are merged have more entries together than one can have.
    MergeTooLarge = 67 => "MERGE_TOO_LARGE", FailedPrecondition;
    /// Nothing was done in a session in this state.
    SessionNotHeld = 80 => "SESSION_NOT_HELD", FailedPrecondition;
    /// A record's place or time differs from its session's.
    OutsideSession = 81 => "OUTSIDE_SESSION", FailedPrecondition;
    /// A day is after today where it belongs.
    InTheFuture = 82 => "IN_THE_FUTURE", FailedPrecondition;
    /// Records of this kind of session have no saving.
    SavingNotApplicable = 83 => "SAVING_NOT_APPLICABLE", FailedPrecondition;
    /// Activities are recorded in the session.
    SessionHasActivities = 84 => "SESSION_HAS_ACTIVITIES", FailedPrecondition;
    /// The row was refused when its batch first ran.
    RefusedBefore = 85 => "REFUSED_BEFORE", FailedPrecondition;
    /// The measure has no opening balance.
    MeasureNotAdditive = 86 => "MEASURE_NOT_ADDITIVE", FieldViolation;
    /// The programme takes no records of so long ago.
    EntryWindowClosed = 87 => "ENTRY_WINDOW_CLOSED", FailedPrecondition;
    /// The records aren't those that the attester read.
    SheetChanged = 88 => "SHEET_CHANGED", Aborted;
    /// There is nothing to attest.
    SheetEmpty = 89 => "SHEET_EMPTY", FailedPrecondition;
    /// Not everything that has to be was looked up again.
    SheetUnchecked = 90 => "SHEET_UNCHECKED", FailedPrecondition;
    /// More records than a sheet can have.
    SheetTooLarge = 91 => "SHEET_TOO_LARGE", ResourceExhausted;
    /// The period has a statement.
    PeriodClosed = 92 => "PERIOD_CLOSED", AlreadyExists;
    /// The period's figures are those of its last statement.
    NothingToRestate = 93 => "NOTHING_TO_RESTATE", FailedPrecondition;

    /// The expert's yes is missing.
    ConsentRequired = 100 => "CONSENT_REQUIRED", FailedPrecondition;
    /// The expert is in another session.
    ExpertOccupied = 101 => "EXPERT_OCCUPIED", FailedPrecondition;
    /// The assistant is in another session.
    AssistantOccupied = 102 => "ASSISTANT_OCCUPIED", FailedPrecondition;
    /// The room has another session.
    RoomOccupied = 103 => "ROOM_OCCUPIED", FailedPrecondition;
    /// The journey to another session that day isn't known.
    TravelUnknown = 104 => "TRAVEL_UNKNOWN", FailedPrecondition;
    /// The time to another session is shorter than the journey.
    TravelTooShort = 105 => "TRAVEL_TOO_SHORT", FailedPrecondition;
    /// The expert isn't on the roster that day.
    NotOnRoster = 106 => "NOT_ON_ROSTER", FailedPrecondition;
    /// The expert has paused.
    ExpertPaused = 107 => "EXPERT_PAUSED", FailedPrecondition;
    /// The site isn't licensed for the specialty.
    SiteNotLicensed = 108 => "SITE_NOT_LICENSED", FailedPrecondition;
    /// The site or the room is closed.
    SiteClosed = 109 => "SITE_CLOSED", FailedPrecondition;
    /// The room isn't one for this kind of session.
    RoomKindUnfit = 110 => "ROOM_KIND_UNFIT", FailedPrecondition;
    /// The assistant is away.
    AssistantOnLeave = 111 => "ASSISTANT_ON_LEAVE", FailedPrecondition;
    /// A clinic reaches over a half-day.
    CrossesHalfDay = 112 => "CROSSES_HALF_DAY", FailedPrecondition;
    /// An operation doesn't name its local physicians.
    ResponsiblePhysicianRequired = 113 => "RESPONSIBLE_PHYSICIAN_REQUIRED", FailedPrecondition;
    /// What is said to have happened lies in the future.
    SessionNotDue = 114 => "SESSION_NOT_DUE", FailedPrecondition;
    /// One row of an all-or-nothing batch is refused.
    BatchRefused = 115 => "BATCH_REFUSED", FailedPrecondition;
    /// A session doesn't fit the visit.
    VisitSessionUnfit = 116 => "VISIT_SESSION_UNFIT", FailedPrecondition;

    /// The expert has said to be away.
    ExpertAbsent = 130 => "EXPERT_ABSENT", FailedPrecondition;
    /// A limit of the expert's charter would be passed.
    CharterLimit = 131 => "CHARTER_LIMIT", FailedPrecondition;
    /// The expert's licence isn't in force that day.
    LicenceNotInForce = 132 => "LICENCE_NOT_IN_FORCE", FailedPrecondition;
    /// No basis in law lets the expert do this at the site that day.
    NoLawfulBasis = 133 => "NO_LAWFUL_BASIS", FailedPrecondition;
    /// The patient's dossier is missing.
    DossierRequired = 134 => "DOSSIER_REQUIRED", FailedPrecondition;
    /// The specialty is outside the expert's scope of practice.
    OutOfScope = 135 => "OUT_OF_SCOPE", FailedPrecondition;
    /// An operation list names no grade.
    GradeRequired = 136 => "GRADE_REQUIRED", FailedPrecondition;
    /// The grade is above the site's filed list.
    GradeNotFiled = 137 => "GRADE_NOT_FILED", FailedPrecondition;
    /// The surgeon isn't authorised for the grade at the site.
    SurgeonNotAuthorised = 138 => "SURGEON_NOT_AUTHORISED", FailedPrecondition;
    /// A responsible local physician is away or has left.
    PhysicianAway = 139 => "PHYSICIAN_AWAY", FailedPrecondition;
    /// No standing offer of the expert covers it.
    OfferRequired = 140 => "OFFER_REQUIRED", FailedPrecondition;

    /// A hold would last longer than one may.
    HoldTooLong = 180 => "HOLD_TOO_LONG", FieldViolation;
    /// A series overlaps itself.
    SeriesOverlaps = 181 => "SERIES_OVERLAPS", FieldViolation;
    /// The caller may not set planning rules aside.
    OverrideNotAllowed = 182 => "OVERRIDE_NOT_ALLOWED", PermissionDenied;
    /// Another party's answer is awaited.
    NotAwaited = 183 => "NOT_AWAITED", FailedPrecondition;

    /// A row of a table was brought in before and said something else.
    RowDiffers = 120 => "ROW_DIFFERS", FailedPrecondition;

    /// A charter's limit would be looser without the expert's word.
    CharterWordRequired = 160 => "CHARTER_WORD_REQUIRED", FailedPrecondition;

    /// No approved tariff is in force on the service date.
    TariffGap = 210 => "TARIFF_GAP", FailedPrecondition;
    /// Two versions of one tariff or policy would be in force on one day.
    TariffOverlap = 211 => "TARIFF_OVERLAP", FailedPrecondition;
    /// An amount of money leaves the range that can be stored.
    AmountOutOfRange = 212 => "AMOUNT_OUT_OF_RANGE", FailedPrecondition;
    /// No approved policy is in force on the service date.
    SavingPolicyGap = 213 => "SAVING_POLICY_GAP", FailedPrecondition;
    /// What was entered must be approved by another person.
    SecondPersonRequired = 214 => "SECOND_PERSON_REQUIRED", FailedPrecondition;
    /// An activity, or a patient's journey on a day, is on another trip.
    TripTaken = 215 => "TRIP_TAKEN", AlreadyExists;
    /// What a trip names doesn't fit it.
    TripUnfit = 216 => "TRIP_UNFIT", FailedPrecondition;

    /// The session's places aren't to be had at present.
    RegisterClosed = 220 => "REGISTER_CLOSED", FailedPrecondition;
    /// Every place of the session is taken.
    SessionFull = 221 => "SESSION_FULL", ResourceExhausted;
    /// The patient has a reservation of the session.
    PatientHoldsPlace = 222 => "PATIENT_HOLDS_PLACE", AlreadyExists;
    /// No more patients can wait for the session.
    WaitlistFull = 223 => "WAITLIST_FULL", ResourceExhausted;
    /// The session has no places for patients.
    TakesNoPatients = 224 => "TAKES_NO_PATIENTS", FailedPrecondition;
    /// The patient waits for the same already.
    NeedExists = 225 => "NEED_EXISTS", AlreadyExists;

    /// The call has no credential.
    CredentialsMissing = 260 => "CREDENTIALS_MISSING", Unauthenticated;
    /// The credential isn't known, or was revoked.
    CredentialsInvalid = 261 => "CREDENTIALS_INVALID", Unauthenticated;
    /// The credential has expired.
    CredentialsExpired = 262 => "CREDENTIALS_EXPIRED", Unauthenticated;
    /// The caller has none of the roles that the call needs.
    RoleRequired = 263 => "ROLE_REQUIRED", PermissionDenied;
    /// The caller's roles don't reach as far as the call.
    ScopeExceeded = 264 => "SCOPE_EXCEEDED", PermissionDenied;
    /// The caller may not give or take this.
    GrantNotAllowed = 265 => "GRANT_NOT_ALLOWED", PermissionDenied;
    /// The caller makes more calls a second than one may.
    RateLimited = 266 => "RATE_LIMITED", ResourceExhausted;
    /// The caller has as many streams as one may.
    TooManyStreams = 267 => "TOO_MANY_STREAMS", ResourceExhausted;
    /// The disk, or what the database may take of it, is full.
    StorageFull = 268 => "STORAGE_FULL", ResourceExhausted;
    /// The caller's requests that are being read take as much memory as one caller's may.
    TooMuchAtOnce = 269 => "TOO_MUCH_AT_ONCE", ResourceExhausted;

    /// What was changed then isn't kept any more.
    SequenceExpired = 230 => "SEQUENCE_EXPIRED", FailedPrecondition;
    /// The records of a person have to be kept for some time yet.
    ErasureNotDue = 280 => "ERASURE_NOT_DUE", FailedPrecondition;
    /// Nothing new is kept of a patient whose data are restricted.
    PersonRestricted = 281 => "PERSON_RESTRICTED", FailedPrecondition;

    /// The programme has no such change yet.
    SequenceAhead = 231 => "SEQUENCE_AHEAD", FailedPrecondition;
    /// A watcher doesn't keep up.
    WatcherTooSlow = 232 => "WATCHER_TOO_SLOW", ResourceExhausted;
}
