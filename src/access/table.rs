//! Which call needs which role, and how far it reaches: one line for each call. A call without a line isn't served.
//!
//! `tests/it/access/walk.rs` compares it with the descriptor, `tests/it/golden.rs` docs/roles.md with it.
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, LazyLock};

use super::Role;
use super::Role::{Attester, Auditor, HospitalSystem, Owner, PlatformOperator, Recorder, Reporter, Scheduler};
use crate::kernel::Id;

/// How far a call reaches, and so how far the role must.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// No programme: any caller who is known.
    Anyone,
    /// All programmes: a role at the platform.
    Platform,
    /// The whole programme: a role in all of it.
    Whole,
    /// What everybody in the programme may know: a role anywhere in it.
    Shared,
    /// What the request names: a role in all of the programme, or where all of that lies.
    Within,
}

/// What a call needs.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The call, such as `ExpertService.GetExpert`.
    pub method: &'static str,
    roles: &'static [Role],
    /// How far it reaches.
    pub reach: Reach,
    own: bool,
}

impl Entry {
    /// The roles of which a caller needs one; none where any caller will do.
    pub fn roles(&self) -> impl Iterator<Item = Role> {
        self.roles.iter().copied()
    }

    /// Whether the role is one of them.
    #[must_use]
    pub fn takes(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// Whether it is about reservations or activities, which belong to whoever made them.
    #[must_use]
    pub const fn has_own(&self) -> bool {
        self.own
    }

    /// Whether the role reaches only what the caller made.
    #[must_use]
    pub fn is_own_only(&self, role: Role) -> bool {
        self.own && role == Role::HospitalSystem
    }

    /// Whether the role gets less of a resource than others: of experts what is needed to book with them.
    #[must_use]
    pub fn is_partial(&self, role: Role) -> bool {
        role == Role::HospitalSystem && matches!(self.method, "ExpertService.GetExpert" | "ExpertService.ListExperts")
    }
}

const ALL: &[Role] = &[Owner, Scheduler, Recorder, Attester, Reporter, HospitalSystem, Auditor];
const ALL_AND_OPERATORS: &[Role] =
    &[Owner, Scheduler, Recorder, Attester, Reporter, HospitalSystem, Auditor, PlatformOperator];
const STAFF: &[Role] = &[Owner, Scheduler, Recorder, Attester, Reporter, Auditor];
const OWNERS: &[Role] = &[Owner];
const OWNERS_AND_AUDITORS: &[Role] = &[Owner, Auditor];
const OPERATORS: &[Role] = &[Owner, PlatformOperator];
const KEEPERS: &[Role] = &[Owner, PlatformOperator];
const KEEPERS_AND_AUDITORS: &[Role] = &[Owner, PlatformOperator, Auditor];
const PLANNERS: &[Role] = &[Owner, Scheduler];
const PLANNERS_AND_AUDITORS: &[Role] = &[Owner, Scheduler, Auditor];
const RECORDERS: &[Role] = &[Owner, Recorder];
const RECORDERS_AND_PLANNERS: &[Role] = &[Owner, Scheduler, Recorder];
const READERS_OF_RECORDS: &[Role] = &[Owner, Recorder, Attester, Auditor];
/// Who brings in one table or another: `imports` says who which.
const IMPORTERS: &[Role] = &[Owner, Scheduler, Recorder, Reporter];
/// Who enters figures and prices.
const ENTERERS: &[Role] = &[Owner, Reporter];
/// Who approves what others entered.
const APPROVERS: &[Role] = &[Owner, Attester];
/// Who may say that a record is wrong.
const DISPUTERS: &[Role] = &[Owner, Recorder, Attester];
/// Who compares records with a hospital's extract, and says what a discrepancy is.
const RECONCILERS: &[Role] = &[Owner, Recorder, Attester];
/// Who gives out places.
const DESKS: &[Role] = &[Owner, Scheduler, HospitalSystem];
const DESKS_AND_RECORDERS: &[Role] = &[Owner, Scheduler, Recorder, HospitalSystem];
const DESKS_AND_AUDITORS: &[Role] = &[Owner, Scheduler, HospitalSystem, Auditor];

const fn anyone(method: &'static str) -> Entry {
    Entry { method, roles: &[], reach: Reach::Anyone, own: false }
}

const fn platform(method: &'static str, roles: &'static [Role]) -> Entry {
    Entry { method, roles, reach: Reach::Platform, own: false }
}

const fn whole(method: &'static str, roles: &'static [Role]) -> Entry {
    Entry { method, roles, reach: Reach::Whole, own: false }
}

const fn shared(method: &'static str, roles: &'static [Role]) -> Entry {
    Entry { method, roles, reach: Reach::Shared, own: false }
}

const fn within(method: &'static str, roles: &'static [Role]) -> Entry {
    Entry { method, roles, reach: Reach::Within, own: false }
}

/// As [`within`], of records that belong to whoever made them.
const fn own(method: &'static str, roles: &'static [Role]) -> Entry {
    Entry { method, roles, reach: Reach::Within, own: true }
}

/// Every call of this API.
#[rustfmt::skip] // one line each
pub const METHODS: &[Entry] = &[
    platform("ProgrammeService.CreateProgramme", OPERATORS),
    shared("ProgrammeService.GetProgramme", ALL_AND_OPERATORS),
    anyone("ProgrammeService.ListProgrammes"),
    whole("ProgrammeService.UpdateProgramme", OWNERS),
    whole("ProgrammeService.SetSittingUnit", OWNERS),
    whole("ProgrammeService.EndProgramme", OWNERS),
    whole("HospitalService.CreateHospital", PLANNERS),
    whole("HospitalService.UpdateHospital", PLANNERS),
    whole("HospitalService.DeleteHospital", PLANNERS),
    shared("HospitalService.GetHospital", ALL),
    shared("HospitalService.FindHospital", ALL),
    shared("HospitalService.ListHospitals", ALL),
    whole("SiteService.CreateSite", PLANNERS),
    whole("SiteService.DeleteSite", PLANNERS),
    whole("SiteService.SetTravelMinutes", PLANNERS),
    within("SiteService.UpdateSite", PLANNERS),
    within("SiteService.CloseSite", PLANNERS),
    within("SiteService.ReopenSite", PLANNERS),
    shared("SiteService.GetSite", ALL),
    shared("SiteService.ListSites", ALL),
    shared("SiteService.GetClosure", ALL),
    shared("SiteService.ListClosures", ALL),
    shared("SiteService.ListTravelMinutes", STAFF),
    whole("ExpertService.CreateExpert", PLANNERS),
    whole("ExpertService.MergeExperts", PLANNERS),
    within("ExpertService.UpdateExpert", PLANNERS),
    within("ExpertService.PauseExpert", PLANNERS),
    within("ExpertService.ResumeExpert", PLANNERS),
    within("ExpertService.EndExpert", PLANNERS),
    shared("ExpertService.GetExpert", ALL),
    shared("ExpertService.ListExperts", ALL),
    within("AssistantService.CreateAssistant", PLANNERS),
    within("AssistantService.UpdateAssistant", PLANNERS),
    within("AssistantService.EndAssistant", PLANNERS),
    shared("AssistantService.GetAssistant", STAFF),
    shared("AssistantService.ListAssistants", STAFF),
    within("PairingService.CreatePairing", PLANNERS),
    within("PairingService.UpdatePairing", PLANNERS),
    within("PairingService.EndPairing", PLANNERS),
    shared("PairingService.GetPairing", STAFF),
    shared("PairingService.ListPairings", STAFF),
    shared("ExpertSearchService.SearchExperts", STAFF),
    whole("PersonService.RestrictPerson", OWNERS),
    whole("PersonService.LiftRestriction", OWNERS),
    whole("PersonService.ErasePerson", OWNERS),
    whole("PersonService.GetPersonRestriction", OWNERS_AND_AUDITORS),
    whole("PersonService.ListPersonRestrictions", OWNERS_AND_AUDITORS),
    whole("CalendarService.ImportCalendarYear", PLANNERS),
    shared("CalendarService.GetCalendarYear", ALL),
    shared("CalendarService.ListCalendarYears", ALL),
    shared("CalendarService.ListDays", ALL),
    within("CalendarService.CreateOffer", PLANNERS),
    within("CalendarService.WithdrawOffer", PLANNERS),
    within("CalendarService.CreateExpertAbsence", PLANNERS),
    within("CalendarService.WithdrawExpertAbsence", PLANNERS),
    within("CalendarService.GetOffer", PLANNERS_AND_AUDITORS),
    within("CalendarService.ListOffers", PLANNERS_AND_AUDITORS),
    within("CalendarService.ListOfferedTimes", PLANNERS_AND_AUDITORS),
    within("CalendarService.GetExpertAbsence", PLANNERS_AND_AUDITORS),
    within("CalendarService.ListExpertAbsences", PLANNERS_AND_AUDITORS),
    within("CharterService.UpdateCharter", PLANNERS),
    within("CharterService.RecordContact", PLANNERS),
    within("CharterService.GetCharter", PLANNERS_AND_AUDITORS),
    within("CharterService.ListCharterVersions", PLANNERS_AND_AUDITORS),
    within("CharterService.ListContacts", PLANNERS_AND_AUDITORS),
    within("CredentialService.CreateCredential", PLANNERS),
    within("CredentialService.BatchCreateCredentials", PLANNERS),
    within("CredentialService.EndCredential", PLANNERS),
    within("CredentialService.GetCredential", PLANNERS_AND_AUDITORS),
    within("CredentialService.ListCredentials", PLANNERS_AND_AUDITORS),
    within("CredentialService.ListExpiring", PLANNERS_AND_AUDITORS),
    within("CredentialService.ListMissing", PLANNERS_AND_AUDITORS),
    within("DossierService.CreateDossier", PLANNERS),
    within("DossierService.FileDossierPapers", PLANNERS),
    within("DossierService.ReportBackDossier", PLANNERS),
    within("DossierService.WithdrawDossier", PLANNERS),
    within("DossierService.GetDossier", PLANNERS_AND_AUDITORS),
    within("DossierService.ListDossiers", PLANNERS_AND_AUDITORS),
    within("OnboardingService.CreateOnboarding", PLANNERS),
    within("OnboardingService.UpdateOnboarding", PLANNERS),
    within("OnboardingService.GetOnboarding", PLANNERS_AND_AUDITORS),
    within("OnboardingService.ListOnboardings", PLANNERS_AND_AUDITORS),
    within("SessionService.BookSession", PLANNERS),
    within("SessionService.BatchBookSessions", PLANNERS),
    within("SessionService.CreateHold", PLANNERS),
    within("SessionService.ProposeSession", PLANNERS),
    within("SessionService.RespondSession", PLANNERS),
    within("SessionService.PlanSeries", PLANNERS),
    within("SessionService.BookSeries", PLANNERS),
    within("SessionService.CancelSession", PLANNERS),
    within("SessionService.BatchCancelSessions", PLANNERS),
    within("SessionService.RescheduleSession", PLANNERS),
    within("SessionService.ReplaceSessionExpert", PLANNERS),
    within("SessionService.ReplaceSessionAssistant", PLANNERS),
    within("SessionService.ReplaceSessionRoom", PLANNERS),
    within("SessionService.ReportSessionDelay", PLANNERS),
    within("SessionService.SuspendSite", PLANNERS),
    within("SessionService.RecordHeldSession", RECORDERS_AND_PLANNERS),
    within("SessionService.BatchRecordHeldSessions", RECORDERS_AND_PLANNERS),
    within("SessionService.StartSession", RECORDERS_AND_PLANNERS),
    within("SessionService.CompleteSession", RECORDERS_AND_PLANNERS),
    within("SessionService.MarkSessionNotHeld", RECORDERS_AND_PLANNERS),
    within("SessionService.CorrectSessionOutcome", RECORDERS_AND_PLANNERS),
    within("SessionService.VoidSession", RECORDERS_AND_PLANNERS),
    within("SessionService.GetSession", ALL),
    within("SessionService.ListSessions", ALL),
    within("SessionService.ListSessionOutcomes", ALL),
    whole("SessionService.GetSessionControlTotals", STAFF),
    within("SlotService.FindSlots", PLANNERS_AND_AUDITORS),
    within("SlotService.BatchFindSlots", PLANNERS_AND_AUDITORS),
    within("SlotService.CheckSlot", PLANNERS_AND_AUDITORS),
    within("SlotService.ExplainSlot", PLANNERS_AND_AUDITORS),
    within("VisitService.CreateVisit", PLANNERS),
    within("VisitService.UpdateVisit", PLANNERS),
    within("VisitService.CancelVisit", PLANNERS),
    within("VisitService.EndVisit", RECORDERS_AND_PLANNERS),
    within("VisitService.GetVisit", STAFF),
    within("VisitService.ListVisits", STAFF),
    own("ActivityService.RecordActivity", RECORDERS),
    own("ActivityService.BatchRecordActivities", RECORDERS),
    own("ActivityService.AmendActivity", RECORDERS),
    own("ActivityService.VoidActivity", RECORDERS),
    whole("ActivityService.RecordActivities", RECORDERS),
    own("ActivityService.GetActivity", READERS_OF_RECORDS),
    own("ActivityService.ListActivityVersions", READERS_OF_RECORDS),
    within("ActivityService.ListActivities", READERS_OF_RECORDS),
    whole("ActivityService.DisputeActivity", DISPUTERS),
    whole("ActivityService.DismissDispute", APPROVERS),
    within("SheetService.PreviewSheet", APPROVERS),
    within("SheetService.AttestSheet", APPROVERS),
    whole("SheetService.GetSheet", READERS_OF_RECORDS),
    within("SheetService.ListSheets", READERS_OF_RECORDS),
    shared("SheetService.GetActivityPolicy", STAFF),
    whole("SheetService.UpdateActivityPolicy", OWNERS),
    whole("SuccessionService.GetSkillLadder", STAFF),
    within("SuccessionService.ListSuccession", STAFF),
    whole("SavingService.CreateTariff", ENTERERS),
    whole("SavingService.WithdrawTariff", ENTERERS),
    whole("SavingService.CreateSavingPolicy", ENTERERS),
    whole("SavingService.WithdrawSavingPolicy", ENTERERS),
    whole("SavingService.ApproveTariff", APPROVERS),
    whole("SavingService.ApproveSavingPolicy", APPROVERS),
    shared("SavingService.GetTariff", STAFF),
    shared("SavingService.ListTariffs", STAFF),
    shared("SavingService.GetSavingPolicy", STAFF),
    shared("SavingService.ListSavingPolicies", STAFF),
    shared("SavingService.EstimateSaving", STAFF),
    anyone("SavingService.ReckonPublished"),
    anyone("SavingService.ReckonMethod"),
    whole("TripService.RecordTrip", RECORDERS),
    whole("TripService.BatchRecordTrips", RECORDERS),
    whole("TripService.AmendTrip", RECORDERS),
    whole("TripService.VoidTrip", RECORDERS),
    whole("TripService.RecordEncounter", RECORDERS),
    whole("TripService.BatchRecordEncounters", RECORDERS),
    whole("TripService.VoidEncounter", RECORDERS),
    whole("TripService.GetTrip", READERS_OF_RECORDS),
    whole("TripService.ListTrips", READERS_OF_RECORDS),
    whole("TripService.ListTripVersions", READERS_OF_RECORDS),
    whole("TripService.ListPossibleDoubleTrips", READERS_OF_RECORDS),
    whole("TripService.GetEncounter", READERS_OF_RECORDS),
    whole("TripService.ListEncounters", READERS_OF_RECORDS),
    whole("TripService.ExplainSaving", READERS_OF_RECORDS),
    whole("RecomputationService.RecomputeSavings", APPROVERS),
    whole("RecomputationService.ContinueRecomputation", APPROVERS),
    whole("RecomputationService.GetRecomputation", STAFF),
    whole("RecomputationService.ListRecomputations", STAFF),
    whole("RecomputationService.CompareTariffs", STAFF),
    shared("ReservationService.GetReservationPolicy", ALL),
    whole("ReservationService.UpdateReservationPolicy", PLANNERS),
    within("ReservationService.OpenRegister", PLANNERS),
    within("ReservationService.UpdateRegister", PLANNERS),
    within("ReservationService.GrantExtraPlaces", PLANNERS),
    within("ReservationService.GetRegister", ALL),
    within("ReservationService.GetAvailability", ALL),
    own("ReservationService.HoldReservation", DESKS),
    own("ReservationService.BookReservation", DESKS),
    own("ReservationService.JoinWaitlist", DESKS),
    own("ReservationService.CancelReservation", DESKS),
    own("ReservationService.MoveReservation", DESKS),
    own("ReservationService.AcknowledgeReservation", DESKS),
    own("ReservationService.CheckInReservation", DESKS_AND_RECORDERS),
    own("ReservationService.MarkReservationServed", DESKS_AND_RECORDERS),
    own("ReservationService.MarkReservationNoShow", DESKS_AND_RECORDERS),
    own("ReservationService.MarkReservationNotServed", DESKS_AND_RECORDERS),
    own("ReservationService.GetReservation", DESKS_AND_AUDITORS),
    own("ReservationService.ListReservations", DESKS_AND_AUDITORS),
    whole("NeedService.CreateNeed", PLANNERS),
    whole("NeedService.WithdrawNeed", PLANNERS),
    whole("NeedService.GetNeed", PLANNERS_AND_AUDITORS),
    whole("NeedService.ListNeeds", PLANNERS_AND_AUDITORS),
    within("NeedService.FillFromNeeds", PLANNERS),
    anyone("TallyService.ListMeasures"),
    whole("TallyService.QueryTally", STAFF),
    whole("TallyService.Reconcile", STAFF),
    whole("TallyService.AnalyseSavings", STAFF),
    whole("TallyService.ExplainTally", STAFF),
    whole("TallyService.ClosePeriod", ENTERERS),
    whole("TallyService.RestatePeriod", ENTERERS),
    whole("TallyService.GetStatement", STAFF),
    whole("TallyService.ListStatements", STAFF),
    whole("TallyService.ExportStatement", STAFF),
    whole("ReconciliationService.ReconcileExtract", RECONCILERS),
    whole("ReconciliationService.ResolveDiscrepancy", RECONCILERS),
    whole("ReconciliationService.GetDiscrepancy", READERS_OF_RECORDS),
    whole("ReconciliationService.ListDiscrepancies", READERS_OF_RECORDS),
    whole("TallyService.GetOpeningBalance", STAFF),
    whole("TallyService.ListOpeningBalances", STAFF),
    whole("TallyService.CreateOpeningBalance", ENTERERS),
    whole("TallyService.VoidOpeningBalance", ENTERERS),
    within("AccountService.GetBurdenStatement", PLANNERS_AND_AUDITORS),
    within("AccountService.GetServiceCertificate", PLANNERS_AND_AUDITORS),
    within("FeedService.GetCalendarFeed", STAFF),
    within("FeedService.GetVisitItinerary", STAFF),
    whole("AccessService.CreateToken", KEEPERS),
    whole("AccessService.RevokeToken", KEEPERS),
    whole("AccessService.CreateBinding", KEEPERS),
    whole("AccessService.RevokeBinding", KEEPERS),
    whole("AccessService.GetToken", KEEPERS_AND_AUDITORS),
    whole("AccessService.ListTokens", KEEPERS_AND_AUDITORS),
    whole("AccessService.GetBinding", KEEPERS_AND_AUDITORS),
    whole("AccessService.ListBindings", KEEPERS_AND_AUDITORS),
    whole("ChangeService.ListChanges", ALL),
    whole("ChangeService.WatchChanges", ALL),
    whole("ChangeService.GetSnapshot", ALL),
    whole("AuditService.ListAuditEntries", OWNERS_AND_AUDITORS),
    whole("AuditService.VerifyAudit", OWNERS_AND_AUDITORS),
    whole("ImportService.ImportTable", IMPORTERS),
    whole("BulletinService.GetBulletin", STAFF),
    whole("ExportService.ExportActivities", READERS_OF_RECORDS),
    whole("ExportService.ExportTally", STAFF),
    whole("ExportService.ExportSavings", READERS_OF_RECORDS),
];

/// What a call needs, by its name `ExpertService.GetExpert`; nothing where it isn't served.
#[must_use]
pub fn by_method(method: &str) -> Option<&'static Entry> {
    METHODS.iter().find(|entry| entry.method == method)
}

/// What a call needs, by its path `/homecoming.v1.ExpertService/GetExpert`.
#[must_use]
pub fn by_path(path: &str) -> Option<&'static Entry> {
    static BY_PATH: LazyLock<HashMap<String, &'static Entry>> = LazyLock::new(|| {
        METHODS.iter().map(|entry| (format!("/homecoming.v1.{}", entry.method.replacen('.', "/", 1)), entry)).collect()
    });
    BY_PATH.get(path).copied()
}

/// The messages whose resources a caller may read, all that a programme has of them: what is joined to changes for a watcher. Every call
/// has one, and few ask it: so it is worked out when it is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sight(Option<Vec<Role>>);

/// Nothing.
impl Default for Sight {
    fn default() -> Self {
        Sight(Some(Vec::new()))
    }
}

impl Sight {
    /// Everything.
    #[must_use]
    pub fn all() -> Sight {
        Sight(None)
    }

    /// What somebody sees who has these roles in all of a programme: what its `Get` call would answer, whichever the resource.
    #[must_use]
    pub const fn of(roles: Vec<Role>) -> Sight {
        Sight(Some(roles))
    }

    /// Whether a resource of this message is among them.
    #[must_use]
    pub fn sees(&self, message: &str) -> bool {
        static BY_MESSAGE: LazyLock<HashMap<&'static str, &'static Entry>> = LazyLock::new(|| {
            METHODS.iter().filter_map(|entry| Some((entry.method.split_once(".Get")?.1, entry))).collect()
        });
        let Some(roles) = &self.0 else { return true };
        let whole =
            |entry: &Entry, role: Role| entry.takes(role) && !entry.is_own_only(role) && !entry.is_partial(role);
        BY_MESSAGE.get(message).is_some_and(|entry| roles.iter().any(|role| whole(entry, *role)))
    }
}

/// What somebody may do who streams requests: asked once the programme is known.
#[derive(Clone)]
pub struct Powers(Option<Asked>);

impl fmt::Debug for Powers {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(if self.0.is_none() { "Powers(all)" } else { "Powers(…)" })
    }
}

/// The roles that hold for all of a programme.
type Asked = Arc<dyn Fn(&Id) -> Vec<Role> + Send + Sync>;

/// Nothing.
impl Default for Powers {
    fn default() -> Self {
        Powers::of(|_| Vec::new())
    }
}

impl Powers {
    /// Everything.
    #[must_use]
    pub fn all() -> Powers {
        Powers(None)
    }

    /// What these roles allow.
    #[must_use]
    pub fn of(roles: impl Fn(&Id) -> Vec<Role> + Send + Sync + 'static) -> Powers {
        Powers(Some(Arc::new(roles)))
    }

    /// Whether one of the roles is held in all of a programme.
    #[must_use]
    pub fn has_one(&self, programme: &Id, of: &[Role]) -> bool {
        self.0.as_ref().is_none_or(|roles| roles(programme).iter().any(|role| of.contains(role)))
    }
}
