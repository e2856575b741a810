//! What columns mean, whichever table they stand in.

/// What a column of a table means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Column {
    /// The county's own number of the row.
    Id,
    /// A name that is shown.
    DisplayName,
    /// Other names.
    Aliases,
    /// Level of a hospital or site.
    Level,
    /// City.
    City,
    /// 统一社会信用代码.
    CreditCode,
    /// A hospital: an expert's home hospital, a site's institution.
    Hospital,
    /// GB/T 2260.
    DivisionCode,
    /// IANA zone.
    Zone,
    /// 诊疗科目, several.
    Specialties,
    /// Address.
    Address,
    /// A site.
    Site,
    /// Kinds of a room.
    RoomKinds,
    /// Minutes between two sessions in a room.
    TurnoverMinutes,
    /// 职称.
    Title,
    /// First day at the hospital.
    AffiliationFrom,
    /// First day on the roster.
    EntryDate,
    /// Last day on the roster, or at the site.
    ExitDate,
    /// Kind of a home tie.
    Tie,
    /// Place of a home tie, in words.
    TiePlace,
    /// Place of a home tie, as a code.
    TieDivision,
    /// Who heard the expert's yes.
    ConsentHeardBy,
    /// How it was heard.
    ConsentMedium,
    /// When it was heard.
    ConsentDate,
    /// Highest grade of operations.
    GradeLimit,
    /// An expert.
    Expert,
    /// An assistant.
    Assistant,
    /// Role in a pairing.
    PairingRole,
    /// First day.
    FromDate,
    /// Last day.
    ToDate,
    /// A session.
    Session,
    /// Kind of a session or activity.
    Kind,
    /// The day of service.
    Date,
    /// Morning or afternoon.
    HalfDay,
    /// Start of a session.
    StartTime,
    /// End of a session.
    EndTime,
    /// A room of the site.
    Room,
    /// 诊疗科目, one.
    Specialty,
    /// Who else was there.
    CoExperts,
    /// An operation's local physician before it.
    ResponsibleBefore,
    /// An operation's local physician after it.
    ResponsibleAfter,
    /// What became of a session.
    State,
    /// A patient's token.
    PatientToken,
    /// Who issued the token.
    TokenIssuer,
    /// Where the patient lives.
    Residence,
    /// Main operation code.
    Procedure,
    /// Further operation codes.
    OtherProcedures,
    /// The list that operation codes are from.
    ProcedureSystem,
    /// Its version.
    ProcedureVersion,
    /// Grade of an operation.
    Grade,
    /// Whose list graded it.
    GradeList,
    /// Who performed an operation.
    Performer,
    /// Whether a consultation is for a new complaint.
    ConsultationType,
    /// What the assistant did in an operation case.
    AssistantPart,
    /// What can be done now.
    Technique,
    /// Whose gap was filled.
    GapLevel,
    /// How many.
    Count,
    /// Declared saving in yuan.
    DeclaredSaving,
    /// A measure.
    Measure,
    /// A declared figure.
    Value,
    /// As of which day.
    Day,
    /// In which document.
    Document,
    /// Who declared it.
    DeclaredBy,
    /// What a tariff prices.
    Component,
    /// Where a journey begins.
    Origin,
    /// Where a journey ends, or a price holds.
    Destination,
    /// Where care was given.
    Near,
    /// By what.
    TravelMode,
    /// For whom a price holds, or the patient's fare.
    PersonClass,
    /// Which care.
    Item,
    /// The smallest value.
    Low,
    /// The base value.
    Base,
    /// The largest value.
    High,
    /// SHA-256 of a source.
    SourceHash,
    /// How good a source is.
    TariffGrade,
    /// Activities of a trip.
    Activities,
    /// Where the patient would have slept.
    Setting,
    /// Whether the patient loses wages.
    Earns,
    /// Why somebody goes along.
    Grounds,
    /// How many go along.
    Companions,
    /// How a trip is known.
    Evidence,
    /// What is on record of it.
    EvidenceRecord,
    /// Sessions whose patients were asked.
    AskedSessions,
    /// How the patient is insured.
    Insured,
    /// Whether it was a follow-up.
    FollowUp,
    /// When the patient travelled onward.
    OnwardDate,
    /// What says so.
    OnwardDocument,
    /// A trip.
    Trip,
    /// The whole bill.
    Total,
    /// What of it was in scope.
    InScope,
    /// What was left of the deductible.
    Deductible,
    /// What the fund paid.
    FundPaid,
    /// What others gave.
    Assistance,
    /// What the household paid.
    Cash,
    /// Of what currency.
    Currency,
    /// An expert's fee outside the bill.
    ExpertFee,
    /// Remarks, read by people only.
    Remark,
}

impl Column {
    /// Whether what stands in it can name a patient in another system, beside the row's own number.
    #[must_use]
    pub const fn names_patient(self) -> bool {
        matches!(self, Self::PatientToken | Self::TokenIssuer | Self::EvidenceRecord | Self::OnwardDocument)
    }
}
