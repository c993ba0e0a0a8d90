/** First names of many languages. */
export const firstNames = [
  "Anna",
  "Björn",
  "Chloé",
  "Dmitri",
  "Émile",
  "Fatima",
  "Giulia",
  "Hiroshi",
  "Ingrid",
  "José",
  "Katarzyna",
  "Łukasz",
  "Mária",
  "Nguyễn",
  "Oğuz",
  "Priya",
  "Quentin",
  "Renée",
  "Søren",
  "Tomáš",
  "Ümit",
  "Valérie",
  "Wei",
  "Ximena",
  "Yuki",
  "Zoë",
  "山田",
  "Олена",
  "محمد",
  "Ελένη",
] as const;

/** Last names of many languages. */
export const lastNames = [
  "Müller",
  "García",
  "O'Connor",
  "Kowalska",
  "Nakamura",
  "Dvořák",
  "Yılmaz",
  "Rossi",
  "Lindström",
  "Nguyễn",
  "Fernández",
  "Østergaard",
  "Schröder",
  "Papadopoulos",
  "Silva",
  "Ivanova",
  "Haddad",
  "Kim",
  "太郎",
  "Шевченко",
  "Novák",
  "Bäcker",
  "D’Angelo",
  "Sørensen",
  "Vogel",
  "Bauer",
  "Lefèvre",
  "Weiß",
  "Çelik",
  "Jansen",
] as const;

/** Company names. */
export const companies = [
  "Nordlicht Energie",
  "Café Zürich",
  "Fjord & Sønner",
  "Ōsaka Robotics",
  "Молоко Плюс",
  "Açaí do Brasil",
  "Blue Harbour",
  "Müller Präzision",
  "Éclair Logistique",
  "Straße 7 Verlag",
  "Kiwi Cloud",
  "Łódź Textiles",
  "Iberia Solar",
  "上海数据",
  "Atlas Foods",
] as const;

/** Subjects of tickets. */
export const subjects = [
  "Printer on fire",
  "Cannot sign in",
  "Rechnung fehlt",
  "Paiement refusé",
  "注文が届かない",
  "Ошибка при входе",
  "Delivery is late",
  "Feature request: dark mode 🌙",
  "Refund for order",
  "Passwort zurücksetzen",
  "VPN drops every hour",
  "Datos incorrectos en la factura",
  "App crashes on start",
  "Question about pricing",
  "Łącze nie działa",
  "Wrong address on label",
  "Invoice <b>twice</b> & unpaid",
] as const;

/** Sentences for bodies. */
export const sentences = [
  "It worked yesterday and stopped this morning.",
  "Bitte melden Sie sich so schnell wie möglich.",
  "J’ai déjà redémarré deux fois.",
  "The error code is 0x80070057.",
  "Спасибо за быструю помощь!",
  "See the screenshot attached.",
  "お手数ですがご確認ください。",
  "We need this before Friday.",
  "El problema continúa después de la actualización.",
  "Same as in my last message.",
  "Das Gerät zeigt „Fehler 42“ an.",
  "Our whole team is affected 😕.",
] as const;

/** Cities with their countries. */
export const cities = [
  ["Zürich", "Switzerland"],
  ["São Paulo", "Brazil"],
  ["Kraków", "Poland"],
  ["København", "Denmark"],
  ["Málaga", "Spain"],
  ["東京", "Japan"],
  ["Київ", "Ukraine"],
  ["Montréal", "Canada"],
  ["İzmir", "Türkiye"],
  ["Tromsø", "Norway"],
] as const;

/** Names of departments. */
export const departmentNames = [
  "Support",
  "Vertrieb",
  "Retours & SAV",
  "Field Service",
  "Buchhaltung",
  "Labs",
  "本社",
  "Escalations",
] as const;

/** Channels of tickets. */
export const channels = ["Email", "Phone", "Web", "Chat", "Forums", "Facebook"] as const;

/** Priorities; null = none. */
export const priorities = ["High", "Medium", "Low", null] as const;

/** Categories; null = none. */
export const categories = ["general", "billing", "Störung", "defects", null] as const;
