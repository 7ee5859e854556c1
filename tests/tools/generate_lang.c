/*
 * generate_lang.c - nine languages in six scripts: syllables to make words
 * of, real function words, punctuation, tags, and how they say "6 hours ago".
 */
#include <stdio.h>
#include <stdlib.h>

#include "generate.h"

enum { RU, EN, TG, UZ, DE, AR, ZH, EL, HI };

#define HAN "国 会 学 生 动 家 经 开 行 业 工 人 时 地 方 新 发 展 高 市 场 城 区 \
山 水 电 力 车 路 桥 河 海 港 村 民 政 府 长 部 员 党 校 教 育 文 化 艺 术 体 赛 球 队 \
医 院 药 病 科 技 研 究 网 络 信 息 数 据 机 器 产 品 质 量 价 格 银 钱 金 融 股 票 投 资 \
农 林 牧 渔 米 面 油 茶 果 菜 花 草 树 木 鸟 鱼 马 牛 羊 风 雨 雪 云 天 气 温 冷 热 春 夏 \
秋 冬 早 晚 夜 光 明 星 火 灾 救 援 安 全 警 察 法 律 案 件 审 判 报 道 记 者 书 店 纸 笔 \
画 歌 舞 戏 影 视 游 客 酒 店 房 屋 建 筑 材 料 石 铁 铜 玉 布 衣 鞋 帽 手 足 心 头 目 口 \
耳 身 老 少 男 女 父 母 儿 童 朋 友 客 东 西 南 北 左 右 上 下 内 外 前 后 里 边 关 系 联 \
合 组 织 计 划 项 程 标 准 规 则 制 度 改 革 创 造 力 量 保 护 环 境 能 源 煤 炭 天 然 管 \
运 输 航 空 船 舶 铁 轨 站 台 票 价 乘 旅 途 消 费 购 物 商 贸 易 进 出 口 税 收 预 算"

const struct language languages[LANGUAGES] = {
[RU] = {
	"ru",
	"б в г д ж з к л м н п р с т ф х ц ч ш ст пр кр тр гр бл сл вр др св",
	"а о е и у ы я ю ё а о е и",
	"- - - - н л р с т й к м в ст нь ль х",
	1, 4,
	"и в не на что с по как к из у за от о для до при это также но или "
	"когда уже если под после во время его их был была были будет может "
	"который более только со об",
	"заявил сообщила отметил рассказала",
	"Общество Экономика Политика Культура Спорт Наука Происшествия "
	"Транспорт Экология Образование Медицина Мир",
	" ", ",", ".", " — ", "«", "»", ',', PLURAL_SLAVIC,
	{ { "# час назад", "# часа назад", "# часов назад", NULL },
	  { "# день назад", "# дня назад", "# дней назад", NULL },
	  { "# неделю назад", "# недели назад", "# недель назад", NULL } },
},
[EN] = {
	"en",
	"b c d f g h j k l m n p r s t v w st pr tr gr bl cl sh ch th br fl",
	"a e i o u a e i o ea ou ai ee",
	"- - - n l r s t d ck m ng st nt rd p",
	1, 3,
	"the of and to in a is that for it was on are as with his they at be "
	"this from have or by one had not but what all were when we there can "
	"an your which their said if it's",
	"said added explained noted",
	"Local Business Politics Culture Sport Science Weather Transport "
	"Environment Education Health World",
	" ", ",", ".", " — ", "“", "”", '.', PLURAL_ONE,
	{ { "# hour ago", "# hours ago", NULL, NULL },
	  { "# day ago", "# days ago", NULL, NULL },
	  { "# week ago", "# weeks ago", NULL, NULL } },
},
[TG] = {
	"tg",
	"б в г д ж з к л м н п р с т ф х ч ш ҷ ҳ қ ғ",
	"а о и у е ӣ ӯ а о и",
	"- - - н р д т ш м л з нд рд ст",
	1, 3,
	"ва дар аз ба ки бо то барои ин он ҳам низ аст буд шуд мешавад вале "
	"агар чун баъд пеш ҳар як худ онҳо ӯ мо шумо",
	"гуфт афзуд иброз",
	"Ҷомеа Иқтисод Сиёсат Фарҳанг Варзиш Илм Ҳодиса Нақлиёт Табиат Маориф "
	"Тандурустӣ Ҷаҳон",
	" ", ",", ".", " — ", "«", "»", ',', PLURAL_NONE,
	{ { "# соат пеш", NULL, NULL, NULL },
	  { "# рӯз пеш", NULL, NULL, NULL },
	  { "# ҳафта пеш", NULL, NULL, NULL } },
},
[UZ] = {
	"uz",
	"b d f g h j k l m n p q r s t v x y z sh ch g'",
	"a o i u e o' a o i",
	"- - - n r l m t q sh z y k",
	1, 4,
	"va bu uchun bilan ham deb bir edi esa yoki lekin keyin har shu o'z "
	"ular biz siz kerak mumkin bo'lgan haqida orqali so'ng hamda yana",
	"dedi aytdi bildirdi",
	"Jamiyat Iqtisodiyot Siyosat Madaniyat Sport Fan Hodisa Transport "
	"Tabiat Ta'lim Salomatlik Dunyo",
	" ", ",", ".", " — ", "“", "”", ',', PLURAL_NONE,
	{ { "# soat oldin", NULL, NULL, NULL },
	  { "# kun oldin", NULL, NULL, NULL },
	  { "# hafta oldin", NULL, NULL, NULL } },
},
[DE] = {
	"de",
	"b d f g h k l m n p r s t w z sch st sp pf kr br gr fl tr v",
	"a e i o u ä ö ü ei au ie e a",
	"- - n r l t s ch ng rt st nd ß cht mm ck",
	1, 4,
	"der die und in den von zu das mit sich des auf für ist im dem nicht "
	"ein eine als auch es an werden aus er hat dass sie nach wird bei "
	"einer um am sind noch wie einem über",
	"sagte erklärte betonte",
	"Regional Wirtschaft Politik Kultur Sport Wissen Wetter Verkehr Umwelt "
	"Bildung Gesundheit Welt",
	" ", ",", ".", " – ", "„", "“", ',', PLURAL_ONE,
	{ { "vor # Stunde", "vor # Stunden", NULL, NULL },
	  { "vor # Tag", "vor # Tagen", NULL, NULL },
	  { "vor # Woche", "vor # Wochen", NULL, NULL } },
},
[AR] = {
	"ar",
	"ب ت ث ج ح خ د ر ز س ش ص ض ط ع غ ف ق ك ل م ن ه و ال",
	"ا و ي - - - ا",
	"- - - ن ر ل م د ة ت",
	2, 3,
	"في من على أن إلى التي الذي هذا هذه عن مع كان كانت بعد قبل بين حتى لم "
	"لن قد كما أو ثم عند كل غير ذلك خلال منها",
	"قال أضاف أكد",
	"محليات اقتصاد سياسة ثقافة رياضة علوم حوادث نقل بيئة تعليم صحة عالم",
	" ", "،", ".", " - ", "«", "»", '.', PLURAL_ARABIC,
	{ { "قبل ساعة واحدة", "قبل ساعتين", "قبل # ساعات", "قبل # ساعة" },
	  { "قبل يوم واحد", "قبل يومين", "قبل # أيام", "قبل # يومًا" },
	  { "قبل أسبوع واحد", "قبل أسبوعين", "قبل # أسابيع",
	    "قبل # أسبوعًا" } },
},
[ZH] = {
	"zh",
	HAN, "-", "-",
	1, 3,
	"的 了 在 是 和 也 将 对 与 从 为 就 都 而 等 但 并 被 以 到 这 那 还 已 把 因 其 该",
	"表示 指出 介绍说",
	"社会 经济 政治 文化 体育 科技 天气 交通 环境 教育 健康 国际",
	"", "，", "。", "——", "“", "”", '.', PLURAL_NONE,
	{ { "#小时前", NULL, NULL, NULL },
	  { "#天前", NULL, NULL, NULL },
	  { "#周前", NULL, NULL, NULL } },
},
[EL] = {
	"el",
	"β γ δ ζ θ κ λ μ ν ξ π ρ σ τ φ χ ψ στ πρ τρ κρ μπ ντ",
	"α ε η ι ο υ ω ά έ ή ί ό ώ ου αι ει",
	"- - - ν ρ λ κ",
	2, 4,
	"και το της την του να που με για στο στη από ο η οι τα δεν είναι θα "
	"ότι σε αυτό ένα μια αλλά όταν μετά πριν όπως κατά μέχρι ήταν",
	"δήλωσε πρόσθεσε ανέφερε",
	"Κοινωνία Οικονομία Πολιτική Πολιτισμός Αθλητισμός Επιστήμη Καιρός "
	"Μεταφορές Περιβάλλον Παιδεία Υγεία Κόσμος",
	" ", ",", ".", " — ", "«", "»", ',', PLURAL_ONE,
	{ { "πριν από # ώρα", "πριν από # ώρες", NULL, NULL },
	  { "πριν από # ημέρα", "πριν από # ημέρες", NULL, NULL },
	  { "πριν από # εβδομάδα", "πριν από # εβδομάδες", NULL, NULL } },
},
[HI] = {
	"hi",
	"क ख ग घ च छ ज ट ड त थ द ध न प फ ब भ म य र ल व श स ह",
	"ा ि ी ु ू े ै ो - - -",
	"- - - - ं र न ल त",
	2, 3,
	"के में की है और को से का पर यह कि ने भी हैं एक नहीं लिए तो था इस कर "
	"ही जो थे गया बाद तक अपने साथ हो वह या",
	"कहा बताया जोड़ा",
	"समाज अर्थव्यवस्था राजनीति संस्कृति खेल विज्ञान मौसम यातायात पर्यावरण "
	"शिक्षा स्वास्थ्य दुनिया",
	" ", ",", "।", " — ", "“", "”", '.', PLURAL_NONE,
	{ { "# घंटे पहले", NULL, NULL, NULL },
	  { "# दिन पहले", NULL, NULL, NULL },
	  { "# सप्ताह पहले", NULL, NULL, NULL } },
},
};

/* One heading of these is not in pressmark's table, on purpose. */
const struct site sites[SITES] = {
	{ RU, "Похожие статьи" }, { EN, "Related articles" },
	{ AR, "مقالات ذات صلة" }, { UZ, "O'xshash maqolalar" },
	{ DE, "Ähnliche Artikel" }, { RU, "Читайте также" },
	{ ZH, "相关文章" }, { TG, "Мақолаҳои монанд" },
	{ EL, "Σχετικά άρθρα" }, { EN, "More stories" },
	{ HI, "संबंधित समाचार" }, { RU, "Что ещё почитать" },
	{ DE, "Lesen Sie auch" }, { UZ, "Shunga o'xshash maqolalar" },
	{ EN, "Read more" }, { AR, "مقالات مشابهة" },
};

struct vocabulary vocabularies[LANGUAGES];

uint32_t
upper_of(uint32_t c)
{
	if (c >= 'a' && c <= 'z')
		return c - 0x20;
	if (c >= 0xe0 && c <= 0xfe && c != 0xf7)
		return c - 0x20;
	if (c == 0x3ac)
		return 0x386;
	if (c >= 0x3ad && c <= 0x3af)
		return c - 37;
	if (c == 0x3c2)
		return 0x3a3;
	if (c >= 0x3b1 && c <= 0x3c9)
		return c - 0x20;
	if (c == 0x3cc)
		return 0x38c;
	if (c == 0x3cd || c == 0x3ce)
		return c - 63;
	if (c >= 0x430 && c <= 0x44f)
		return c - 0x20;
	if (c >= 0x450 && c <= 0x45f)
		return c - 0x50;
	if (c >= 0x48b && c <= 0x4ff && c % 2 == 1 &&
	    !(c >= 0x4c1 && c <= 0x4cf))
		return c - 1;
	return c;
}

/* The next of a space-separated list; false at its end. */
static bool
list_next(const char **list, const char **p, size_t *n)
{
	*list += strspn(*list, " ");
	*p = *list;
	*n = strcspn(*list, " ");
	*list += *n;
	return *n > 0;
}

static void
word_set(struct word *word, const char *p, size_t n)
{
	if (n > sizeof word->p)
		abort();
	memcpy(word->p, p, n);
	word->n = (uint8_t)n;
}

static uint32_t
words_of_list(struct word *out, uint32_t max, const char *list)
{
	const char *p;
	uint32_t count = 0;
	size_t n;

	while (count < max && list_next(&list, &p, &n))
		word_set(&out[count++], p, n);
	return count;
}

/* Add one of a list, "-" being nothing. */
static size_t
add_one(char *out, const char *list, uint32_t list_n, struct rng *rng)
{
	uint32_t wanted = rng_below(rng, list_n);
	const char *p = "";
	size_t n = 0;

	for (uint32_t i = 0; i <= wanted; i++)
		if (!list_next(&list, &p, &n))
			abort();
	if (n == 1 && *p == '-')
		return 0;
	memcpy(out, p, n);
	return n;
}

static uint32_t
list_count(const char *list)
{
	const char *p;
	uint32_t count = 0;
	size_t n;

	while (list_next(&list, &p, &n))
		count++;
	return count;
}

static void
make_words(struct vocabulary *v, uint64_t seed, uint32_t number)
{
	const struct language *l = v->language;
	struct rng rng = rng_of(seed, number, 'W');
	uint32_t onset_n = list_count(l->onset);
	uint32_t vowel_n = list_count(l->vowel);
	uint32_t coda_n = list_count(l->coda);

	for (uint32_t i = 0; i < WORDS; i++) {
		/* As in real languages, frequent words are short. */
		uint32_t longest = i < 256 && l->syllable_max > 2 ? 2 :
		    l->syllable_max;
		uint32_t syllables = l->syllable_min + rng_below(&rng,
		    longest - l->syllable_min + 1);
		char p[4 * 32];
		size_t n = 0;

		while (syllables-- > 0) {
			n += add_one(p + n, l->onset, onset_n, &rng);
			n += add_one(p + n, l->vowel, vowel_n, &rng);
			n += add_one(p + n, l->coda, coda_n, &rng);
		}
		word_set(&v->word[i], p, n);
	}
}

/* Rank r has a weight of 1 / (r + 3), and at least one pick. */
static void
make_picks(struct vocabulary *v)
{
	double sum = 0, done = 0;
	uint32_t at = 0;

	for (uint32_t i = 0; i < WORDS; i++)
		sum += 1.0 / (i + 3);
	for (uint32_t i = 0; i < WORDS; i++) {
		uint32_t end;

		done += 1.0 / (i + 3);
		end = i + (uint32_t)((PICKS - WORDS) * (done / sum)) + 1;
		while (at < end && at < PICKS)
			v->pick[at++] = (uint16_t)i;
	}
	while (at < PICKS)
		v->pick[at++] = WORDS - 1;
}

void
vocabularies_init(uint64_t seed)
{
	for (uint32_t i = 0; i < LANGUAGES; i++) {
		struct vocabulary *v = &vocabularies[i];
		const char *list = languages[i].tag, *p;
		size_t n;

		v->language = &languages[i];
		v->function_n = words_of_list(v->function, 64,
		    languages[i].function);
		v->said_n = words_of_list(v->said, 4, languages[i].said);
		for (uint32_t t = 0; t < TAGS && list_next(&list, &p, &n); t++)
			snprintf(v->tag[t], sizeof v->tag[t], "%.*s", (int)n,
			    p);
		make_words(v, seed, i);
		make_picks(v);
	}
}

static uint32_t
plural_form(enum plural_rule rule, uint32_t n)
{
	switch (rule) {
	case PLURAL_ONE:
		return n != 1;
	case PLURAL_SLAVIC:
		if (n % 10 == 1 && n % 100 != 11)
			return 0;
		return n % 10 >= 2 && n % 10 <= 4 &&
		    (n % 100 < 12 || n % 100 > 14) ? 1 : 2;
	case PLURAL_ARABIC:
		if (n <= 2)
			return n - 1;
		return n % 100 >= 3 && n % 100 <= 10 ? 2 : 3;
	default:
		return 0;
	}
}

void
time_ago(struct text *out, const struct language *language,
    int64_t age_seconds, enum unit *unit)
{
	uint32_t hours = (uint32_t)(age_seconds / 3600), n = hours;
	const char *form, *mark;

	*unit = UNIT_HOUR;
	if (hours >= 24) {
		*unit = UNIT_DAY;
		n = hours / 24;
	}
	if (hours >= 24 * 7) {
		*unit = UNIT_WEEK;
		n = hours / 24 / 7;
	}
	form = language->ago[*unit][plural_form(language->plural, n)];
	if ((mark = strchr(form, '#')) == NULL) {
		text_add_str(out, form);
		return;
	}
	text_add(out, form, (size_t)(mark - form));
	text_printf(out, "%u", n);
	text_add_str(out, mark + 1);
}
