//! What the 诊疗科目 of the first level are called (医疗机构诊疗科目名录, 1994 with its later additions). A code below one goes by its name.

use super::Language;

const NAMES: &[(&str, &str, &str)] = &[
    ("01", "预防保健科", "Preventive care"),
    ("02", "全科医疗科", "General practice"),
    ("03", "内科", "Internal medicine"),
    ("04", "外科", "Surgery"),
    ("05", "妇产科", "Gynaecology and obstetrics"),
    ("06", "妇女保健科", "Women's health"),
    ("07", "儿科", "Paediatrics"),
    ("08", "小儿外科", "Paediatric surgery"),
    ("09", "儿童保健科", "Children's health"),
    ("10", "眼科", "Ophthalmology"),
    ("11", "耳鼻咽喉科", "Otorhinolaryngology"),
    ("12", "口腔科", "Stomatology"),
    ("13", "皮肤科", "Dermatology"),
    ("14", "医疗美容科", "Aesthetic medicine"),
    ("15", "精神科", "Psychiatry"),
    ("16", "传染科", "Infectious diseases"),
    ("17", "结核病科", "Tuberculosis"),
    ("18", "地方病科", "Endemic diseases"),
    ("19", "肿瘤科", "Oncology"),
    ("20", "急诊医学科", "Emergency medicine"),
    ("21", "康复医学科", "Rehabilitation"),
    ("22", "运动医学科", "Sports medicine"),
    ("23", "职业病科", "Occupational diseases"),
    ("24", "临终关怀科", "Palliative care"),
    ("25", "特种医学与军事医学科", "Special and military medicine"),
    ("26", "麻醉科", "Anaesthesiology"),
    ("27", "疼痛科", "Pain medicine"),
    ("28", "重症医学科", "Critical care"),
    ("30", "医学检验科", "Laboratory medicine"),
    ("31", "病理科", "Pathology"),
    ("32", "医学影像科", "Medical imaging"),
    ("50", "中医科", "Chinese medicine"),
    ("51", "民族医学科", "Ethnic medicine"),
    ("52", "中西医结合科", "Integrated medicine"),
];

/// A code with the name of its first level, such as `内科 03.04`; the code alone where the list doesn't have it.
#[must_use]
pub fn name(code: &str, language: Language) -> String {
    let first = code.split('.').next().unwrap_or(code);
    let Some((_, zh, en)) = NAMES.iter().find(|(known, ..)| *known == first) else { return code.to_owned() };
    let name = match language {
        Language::Chinese => zh,
        Language::English => en,
    };
    format!("{name} {code}")
}
