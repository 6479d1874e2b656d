//! Invented people with names of every kind, on reserved domains and numbers kept for fiction.

use rand::{Rng, RngExt};

/// Someone who books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The full name.
    pub name: String,
    /// The address.
    pub email: String,
    /// E.164, for those who give it.
    pub phone: Option<String>,
    /// The IANA zone.
    pub time_zone: String,
    /// The language code.
    pub language: String,
}

/// Name, local part of the address, phone or nothing, zone, language.
const PEOPLE: [(&str, &str, &str, &str, &str); 24] = [
    (
        "Tomás Okafor",
        "tomas.okafor",
        "+12025550143",
        "America/New_York",
        "es",
    ),
    ("Ida Sørby", "ida.sorby", "", "Europe/Oslo", "no"),
    ("Bo Lund", "bo", "+442079460018", "Europe/Stockholm", "sv"),
    (
        "Анастасия Кузнецова-Верещагина",
        "anastasia.kv",
        "",
        "Asia/Yekaterinburg",
        "ru",
    ),
    ("Олександр Шевчук", "oleksandr", "", "Europe/Kyiv", "uk"),
    ("山田 花子", "hanako.yamada", "", "Asia/Tokyo", "ja"),
    ("王小明", "xiaoming", "", "Asia/Shanghai", "zh-CN"),
    ("김서연", "seoyeon.kim", "", "Asia/Seoul", "ko"),
    ("ليلى الحسيني", "layla", "", "Asia/Amman", "ar"),
    ("נועה ברקוביץ׳", "noa", "", "Asia/Jerusalem", "he"),
    (
        "Noor Haddad",
        "noor.haddad",
        "+493023125017",
        "Europe/Berlin",
        "de",
    ),
    ("Wanjiru Mwangi", "wanjiru", "", "Africa/Nairobi", "en"),
    (
        "Siobhán Ní Dhómhnaill-O'Shaughnessy",
        "siobhan",
        "+442079460099",
        "Europe/Dublin",
        "en",
    ),
    (
        "Nguyễn Thị Ánh Tuyết",
        "anh.tuyet",
        "",
        "Asia/Ho_Chi_Minh",
        "vi",
    ),
    ("Uma Rao", "uma.rao", "", "Asia/Kolkata", "en"),
    ("Bishal Tamang", "bishal", "", "Asia/Kathmandu", "en"),
    ("Aroha Ngata", "aroha", "", "Pacific/Auckland", "en"),
    ("Luís Gonçalves", "luis", "", "America/Sao_Paulo", "pt-BR"),
    ("Zoë \"Zed\" de la Croix", "zoe", "", "Europe/Paris", "fr"),
    ("Łukasz Żółć", "lukasz", "", "Europe/Warsaw", "pl"),
    ("Ödön Űrvári", "odon", "", "Europe/Budapest", "hu"),
    ("X", "x", "+12025550111", "America/Los_Angeles", "en"),
    ("J. R. <Bobby> & Sons", "bobby", "", "America/Chicago", "en"),
    (
        "Maria-Magdalena Franziska Theodora Wilhelmine von Hohenstein-Wolkenburg zu Rabenau und \
         Falkenried-Silberbach, geborene Gräfin von Tannenberg-Eichenau",
        "maria.magdalena.franziska.theodora.wilhelmine.von.hohenstein",
        "",
        "Europe/Vienna",
        "de",
    ),
];

/// Everyone there is.
pub fn people() -> impl Iterator<Item = Person> {
    PEOPLE
        .iter()
        .map(|(name, local, phone, time_zone, language)| Person {
            name: (*name).to_owned(),
            email: format!("{local}@mailbox.example"),
            phone: Some(*phone)
                .filter(|phone| !phone.is_empty())
                .map(str::to_owned),
            time_zone: (*time_zone).to_owned(),
            language: (*language).to_owned(),
        })
}

/// Someone.
pub fn someone(rng: &mut impl Rng) -> Person {
    let position = rng.random_range(0..PEOPLE.len());
    people().nth(position).unwrap_or_else(|| Person {
        name: "Sample Person".to_owned(),
        email: "sample.person@mailbox.example".to_owned(),
        phone: None,
        time_zone: "UTC".to_owned(),
        language: "en".to_owned(),
    })
}
