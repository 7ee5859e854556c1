/*
 * headings_table.h - lines that stand above related articles, folded as
 * pm_fold does, without repetitions, in the order of memcmp.  The languages
 * are those in which we met them.  Gathered from translations of interfaces
 * and from the templates of sites.
 */
#ifndef PM_PAGE_HEADINGS_TABLE_H
#define PM_PAGE_HEADINGS_TABLE_H

static const char *const related_headings[] = {
	"a lire aussi",  /* fr */
	"aiheeseen liittyvät",  /* fi */
	"aiheeseen liittyvät artikkelit",  /* fi */
	"aiheeseen liittyvät kirjoitukset",  /* fi */
	"aiheeseen liittyy",  /* fi */
	"ajánlott cikkek",  /* hu */
	"alakalı yazılar",  /* tr */
	"aloqador sahifalar",  /* uz */
	"aloqador xabarlar",  /* uz */
	"altele din seria",  /* ro */
	"alâqalı saifeler",  /* crh */
	"antzeko sarrerak",  /* eu */
	"articles associés",  /* fr */
	"articles connexes",  /* fr */
	"articles liés",  /* fr */
	"articles similaires",  /* fr */
	"articole similare",  /* ro */
	"articoli collegati",  /* it */
	"articoli correlati",  /* it */
	"articoli simili",  /* it */
	"artigos relacionados",  /* gl, pt */
	"artigos semelhantes",  /* pt */
	"artikel terkait",  /* id */
	"artículos relacionados",  /* es */
	"auch interessant",  /* de */
	"ayrıca bakınız",  /* tr */
	"baca juga",  /* id */
	"baylanıslı betler",  /* kaa */
	"benzer haberler",  /* tr */
	"benzer içerikler",  /* tr */
	"benzer yazılar",  /* tr */
	"berita terkait",  /* id */
	"besibbe siden",  /* fy */
	"beslægtede sider",  /* da */
	"bogag xiriir la leh",  /* so */
	"bu barədə daha geniş",  /* az */
	"bunlar ilginizi çekebilir",  /* tr */
	"bài liên quan",  /* vi */
	"bài viết liên quan",  /* vi */
	"contenguts relacionats",  /* oc */
	"contenido relacionado",  /* es */
	"contenidos relacionados",  /* es */
	"contenu lié",  /* fr */
	"contenus liés",  /* fr */
	"contenuti correlati",  /* it */
	"conteúdo relacionado",  /* pt */
	"continguts relacionats",  /* ca */
	"contribuições parecidas",  /* pt */
	"conținut înrudit",  /* ro */
	"correlati",  /* it */
	"correlato",  /* it */
	"czytaj również",  /* pl */
	"czytaj także",  /* pl */
	"các trang liên quan",  /* vi */
	"có thể bạn cũng thích",  /* vi */
	"das könnte dich auch interessieren",  /* de */
	"das könnte ihnen auch gefallen",  /* de */
	"das könnte sie auch interessieren",  /* de */
	"degişli sahypalar",  /* tk */
	"digər xəbərlər",  /* az */
	"dont miss",  /* en */
	"entradas relacionadas",  /* es */
	"entradas similares",  /* es */
	"entrades relacionades",  /* ca */
	"entrades similars",  /* ca */
	"entrées complémentaires",  /* fr */
	"erlazionatuta",  /* eu */
	"erlazionatutako sarrerak",  /* eu */
	"further reading",  /* en */
	"gerelateerd",  /* nl */
	"gerelateerde artikelen",  /* nl */
	"gerelateerde berichten",  /* nl */
	"gerelateerde bijdragen",  /* nl */
	"gerelateerde inhoud",  /* nl */
	"gerelateerde paginas",  /* nl */
	"gerelateerde posts",  /* nl */
	"halaman terkait",  /* id */
	"hasonló bejegyzések",  /* hu */
	"ilgili",  /* tr */
	"ilgili haberler",  /* tr */
	"ilgili sayfalar",  /* tr */
	"ilgili yazılar",  /* tr */
	"ilişkili",  /* tr */
	"ilişkili girdiler",  /* tr */
	"ilişkili yazılar",  /* tr */
	"kaca kakait",  /* ban */
	"kaca kang magepokan",  /* jv */
	"kapcsolódó anyagok",  /* hu */
	"kapcsolódó bejegyzések",  /* hu */
	"kapcsolódó lapok",  /* hu */
	"kapcsolódó tartalom",  /* hu */
	"katso myös",  /* fi */
	"keep reading",  /* en */
	"ki gen rapò",  /* ht */
	"kiriman terkait",  /* id */
	"konten terkait",  /* id */
	"kurasa zinazoungana",  /* sw */
	"la mida",  /* so */
	"laman takaik",  /* min */
	"laman tarait",  /* bjn */
	"latest news",  /* en */
	"lea también",  /* es */
	"lee también",  /* es */
	"legate de posturi",  /* ro */
	"leggi anche",  /* it */
	"leia mais",  /* pt */
	"leia também",  /* pt */
	"lesen sie auch",  /* de */
	"lesen sie mehr",  /* de */
	"ligats",  /* oc */
	"lihat juga",  /* ms */
	"liittyviä kirjoituksia",  /* fi */
	"liknande inlägg",  /* sv */
	"lire aussi",  /* fr */
	"lié",  /* fr */
	"loe edasi",  /* et */
	"lotutako orrialdeak",  /* eu */
	"lásd még itt",  /* hu */
	"līdzīgi",  /* lv */
	"mainaig a pampanid",  /* ilo */
	"mais notícias",  /* pt */
	"matérias relacionadas",  /* pt */
	"mavzuga oid",  /* uz */
	"mehr zu diesem thema",  /* de */
	"mehr zum thema",  /* de */
	"meistgelesen",  /* de */
	"mifandraika",  /* mg */
	"more from author",  /* en */
	"more from this section",  /* en */
	"more like this",  /* en */
	"more news",  /* en */
	"more on this story",  /* en */
	"more stories",  /* en */
	"most popular",  /* en */
	"most read",  /* en */
	"más noticias",  /* es */
	"noticias relacionadas",  /* es */
	"notizie correlate",  /* it */
	"notícias relacionadas",  /* pt */
	"nội dung liên quan",  /* vi */
	"oxshash maqolalar",  /* uz */
	"oxshash xabarlar",  /* uz */
	"oxşar xəbərlər",  /* az */
	"pages associées",  /* fr */
	"paginas associate",  /* ia */
	"paginas connèxas",  /* oc */
	"pagine correlate",  /* it */
	"pagini similare",  /* ro */
	"pajennoù kar",  /* br */
	"panašūs įrašai",  /* lt */
	"pelê elaqeyıni",  /* diq */
	"plus darticles",  /* fr */
	"podobne strōny",  /* szl */
	"podobne wpisy",  /* pl */
	"podobni vnosi",  /* sl */
	"podobné články",  /* cs, sk */
	"podrías ver también",  /* es */
	"podívejte se také na",  /* cs */
	"poist ghaolmhara",  /* ga */
	"pos pos terkait",  /* id */
	"postime të afërta",  /* sq */
	"posts relacionados",  /* pt */
	"posturi aferente",  /* ro */
	"potrebbe interessarti",  /* it */
	"povezane strani",  /* sl */
	"povezane stranice",  /* bs, hr, sh, sr */
	"povezani postovi",  /* sr */
	"povezano",  /* hr */
	"powiązane",  /* pl */
	"powiązane artykuły",  /* pl */
	"powiązane posty",  /* pl */
	"powiązane strony",  /* pl */
	"powiązane treści",  /* pl */
	"powiązane wpisy",  /* pl */
	"pozrite tiež",  /* sk */
	"publicaciones relacionadas",  /* es */
	"pàggene collegate",  /* roa */
	"pàggini currilati",  /* scn */
	"pàgines relacionades",  /* ca */
	"páginas relacionadas",  /* es, pt */
	"páxinas relacionadas",  /* gl */
	"páxines rellacionaes",  /* ast */
	"read also",  /* en */
	"read more",  /* en */
	"read next",  /* en */
	"recommended",  /* en */
	"recommended for you",  /* en */
	"recommended reading",  /* en */
	"relacionado",  /* es, gl, pt */
	"relacionados",  /* pt */
	"relacionat",  /* ca */
	"relata pagini",  /* io */
	"related",  /* en */
	"related articles",  /* en */
	"related content",  /* en */
	"related news",  /* en */
	"related pages",  /* en */
	"related poist",  /* en */
	"related posts",  /* en */
	"related stories",  /* en */
	"related topics",  /* en */
	"relaterad",  /* sv */
	"relaterade",  /* sv */
	"relaterade inlägg",  /* sv */
	"relaterade poster",  /* sv */
	"relaterade sidor",  /* sv */
	"relaterede",  /* da */
	"relaterede posts",  /* da */
	"relatert",  /* nb */
	"relaterte",  /* nb */
	"relaterte innlegg",  /* nb */
	"relaterte poster",  /* nb */
	"relaterte sider",  /* nb */
	"rencana berkaitan",  /* ms */
	"rilataj",  /* eo */
	"rilataj afiŝoj",  /* eo */
	"rilataj paĝoj",  /* eo */
	"rûpelên têkildar",  /* ku */
	"saistītās lapas",  /* lv */
	"samankaltaiset sivut",  /* fi */
	"samankaltaisia kirjoituksia",  /* fi */
	"se även i",  /* sv */
	"see also",  /* en */
	"see also in",  /* en */
	"seotud leheküljed",  /* et */
	"seotud postitused",  /* et */
	"shiko gjithashtu",  /* sq */
	"shunga oxshash maqolalar",  /* uz */
	"siehe auch in",  /* de */
	"similar articles",  /* en */
	"similare",  /* ro */
	"slični unosi",  /* hr */
	"son haberler",  /* tr */
	"songgi yangiliklar",  /* uz */
	"sorodni vnosi",  /* sl */
	"související",  /* cs */
	"související nabídky",  /* cs */
	"související stránky",  /* cs */
	"související články",  /* cs */
	"srodne objave",  /* hr */
	"srodni unosi",  /* hr */
	"srodno",  /* hr */
	"sur le même sujet",  /* fr */
	"sur le même thème",  /* fr */
	"susiję",  /* lt */
	"susiję puslapiai",  /* lt */
	"susiję straipsniai",  /* lt */
	"susiję įrašai",  /* lt */
	"svipaðar færslur",  /* is */
	"súvisiace",  /* sk */
	"súvisiace stránky",  /* sk */
	"súvisiace články",  /* sk */
	"takođe proveriti",  /* sr */
	"también te puede interesar",  /* es */
	"también ver en",  /* es */
	"também pode interessar",  /* pt */
	"te puede interesar",  /* es */
	"tengdar færslur",  /* is */
	"terkait",  /* id, ms */
	"tin cùng chuyên mục",  /* vi */
	"tin liên quan",  /* vi */
	"trending now",  /* en */
	"tudalennau perthnasol",  /* cy */
	"tulisan terkait",  /* id */
	"të afërta",  /* sq */
	"up next",  /* en */
	"vaata ka",  /* et */
	"vedi anche in",  /* it */
	"veja também em",  /* pt */
	"vejatz tanben",  /* oc */
	"vergelijkbare berichten",  /* nl */
	"verwaante ziejen",  /* nds */
	"verwandte beiträge",  /* de */
	"verwandte einträge",  /* de */
	"verwandte inhalte",  /* de */
	"verwandte seiten",  /* de */
	"verwante bladsye",  /* af */
	"veure també a",  /* ca */
	"vezani članci",  /* hr */
	"você talvez goste também",  /* pt */
	"voir aussi dans",  /* fr */
	"vous pourriez aimer",  /* fr */
	"voxe corełae",  /* vec */
	"weitere artikel",  /* de */
	"weitere meldungen",  /* de */
	"weitere news",  /* de */
	"weitere themen",  /* de */
	"what to read next",  /* en */
	"you may also enjoy",  /* en */
	"you may also like",  /* en */
	"you might also like",  /* en */
	"you might be interested in",  /* en */
	"zie ook in",  /* nl */
	"zobacz również",  /* pl */
	"zobacz także",  /* pl */
	"à lire aussi",  /* fr */
	"ähnliche artikel",  /* de */
	"ähnliche beiträge",  /* de */
	"ähnliche einträge",  /* de */
	"ähnliche inhalte",  /* de */
	"ähnliches",  /* de */
	"änlech säiten",  /* lb */
	"înrudit",  /* ro */
	"đọc thêm",  /* vi */
	"əlaqəli səhifələr",  /* az */
	"σχετικά",  /* el */
	"σχετικά άρθρα",  /* el */
	"σχετικέσ δημοσιεύσεισ",  /* el */
	"σχετικο περιεχομενο",  /* el */
	"акыркы жаңылыктар",  /* ky */
	"алоқадор мавзулар",  /* uz */
	"боз бихонед",  /* tg */
	"бу мавзуда батафсилроқ",  /* uz */
	"бәйләнешле битләр",  /* tt */
	"вам может быть интересно",  /* ru */
	"главные новости",  /* ru */
	"дописи що певним чином цього стосуються",  /* uk */
	"другие материалы",  /* ru */
	"другие новости",  /* ru */
	"еще материалы по теме",  /* ru */
	"еще по теме",  /* ru */
	"звязаныя пасты",  /* be */
	"звязаныя старонкі",  /* be */
	"звязані пости",  /* uk */
	"зьвязаныя старонкі",  /* be */
	"йихкина агӏонаш",  /* ce */
	"картина дня",  /* ru */
	"лента новостей",  /* ru */
	"мавзуга оид",  /* uz */
	"мавзӯъҳои монанд",  /* tg */
	"маводи монанд",  /* tg */
	"материалы по теме",  /* ru */
	"матеріали за темою",  /* uk */
	"мақолаҳои монанд",  /* tg */
	"новини за темою",  /* uk */
	"новости партнеров",  /* ru */
	"новости по теме",  /* ru */
	"окшош жаңылыктар",  /* ky */
	"окшош макалалар",  /* ky */
	"останні записи",  /* uk */
	"останні новини",  /* uk */
	"по теме",  /* ru */
	"повезане странице",  /* sr */
	"повезани садржај",  /* sr */
	"поврзани страници",  /* mk */
	"повязано",  /* uk */
	"повязані сторінки",  /* uk */
	"подобни",  /* bg */
	"подобно статии",  /* bg */
	"подібні",  /* uk */
	"популярное",  /* ru */
	"последние новости",  /* ru */
	"похожее",  /* ru */
	"похожие",  /* ru */
	"похожие записи",  /* ru */
	"похожие материалы",  /* ru */
	"похожие новости",  /* ru */
	"похожие публикации",  /* ru */
	"похожие статьи",  /* ru */
	"рекомендуем",  /* ru */
	"рекомендуем почитать",  /* ru */
	"сабақтас оразалар",  /* kk */
	"самое читаемое",  /* ru */
	"свързани страници",  /* bg */
	"свързано съдържание",  /* bg */
	"связанные записи",  /* ru */
	"связанные посты",  /* ru */
	"связанные публикации",  /* ru */
	"связанные статьи",  /* ru */
	"связанные страницы",  /* ru */
	"связанный контент",  /* ru */
	"смотрите также",  /* ru */
	"соңғы жаңалықтар",  /* kk */
	"сродни публикации",  /* bg */
	"сродни статии",  /* bg */
	"статьи по теме",  /* ru */
	"схожие",  /* ru */
	"схожі дописи",  /* uk */
	"схожі записи",  /* uk */
	"схожі матеріали",  /* uk */
	"схожі новини",  /* uk */
	"схожі статті",  /* uk */
	"сўнгги янгиликлар",  /* uz */
	"также рекомендуем",  /* ru */
	"также смотрите",  /* ru */
	"такође проверити",  /* sr */
	"таксама рэкамендуем",  /* be */
	"тағы оқыңыз",  /* kk */
	"тектеш темалар",  /* ky */
	"тема боюнча башка макалалар",  /* ky */
	"хабарҳои монанд",  /* tg */
	"хабарҳои охирин",  /* tg */
	"хамааралтай хуудас",  /* mn */
	"читайте еще",  /* ru */
	"читайте также",  /* ru */
	"читайте також",  /* uk */
	"читать также",  /* ru */
	"чытайце таксама",  /* be */
	"это может быть интересно",  /* ru */
	"ўхшаш мақолалар",  /* uz */
	"ўхшаш хабарлар",  /* uz */
	"қатысты мақалалар",  /* kk */
	"ұқсас жаңалықтар",  /* kk */
	"ұқсас мақалалар",  /* kk */
	"ҳамчунин бихонед",  /* tg */
	"առնչվող էջեր",  /* hy */
	"דפים קשורים",  /* he */
	"פארבונדענע בלעטער",  /* yi */
	"פוסטים דומים",  /* he */
	"פוסטים נוספים בנושא",  /* he */
	"פוסטים קשורים",  /* he */
	"פוסטים קשורים לנושא",  /* he */
	"קשור",  /* he */
	"רואה עוד ב",  /* he */
	"آخر الأخبار",  /* ar */
	"أخبار ذات صلة",  /* ar */
	"اخبار مرتبط",  /* fa */
	"اقرأ أيضا",  /* ar */
	"المزيد من الأخبار",  /* ar */
	"الوظائف ذات الصلة",  /* ar */
	"انظر أيضا",  /* ar */
	"اړونده مخونه",  /* ps */
	"باغلي مقالهلر",  /* azb */
	"باقي ہيوے صفہٕ",  /* ks */
	"بھي ديكھو",  /* ur */
	"تدوينات ذات صلة",  /* ar */
	"تركاءيت",  /* ms */
	"خبرهاي مرتبط",  /* fa */
	"ذات صلة",  /* ar */
	"صفاحي مرتابطين",  /* ary */
	"صفحات ذات صلة",  /* ar */
	"صفحههاي مرتبط",  /* fa */
	"قد يعجبك أيضا",  /* ar */
	"لاڳاپيل صفحا",  /* sd */
	"متعلقہ خبريں",  /* ur */
	"محتوي مشابهه",  /* ar */
	"محتويات ذات الصلة",  /* ar */
	"مرتبط",  /* ar, fa */
	"مزيد خبريں",  /* ur */
	"مطالب مرتبط",  /* fa */
	"مقالات ذات صلة",  /* ar */
	"مقالات مرتبط",  /* fa */
	"مقالات مشابه",  /* fa */
	"مقالات مشابهة",  /* ar */
	"مواضيع ذات صلة",  /* ar */
	"مواقع ذات صلة",  /* ar */
	"نوشته هاي مرتبط",  /* fa */
	"نوشته هاي مشابه",  /* fa */
	"نوشتههاي مرتبط",  /* fa */
	"پست هاي مرتبط",  /* fa */
	"پست هاي مشابه",  /* fa */
	"پەڕە پەيوەنديدارەكان",  /* ckb */
	"यह भी देखें",  /* hi */
	"ये भी पढ़ें",  /* hi */
	"यो पनि हेर्नुहोस",  /* ne */
	"संबंधित",  /* hi */
	"संबंधित खबरें",  /* hi */
	"संबंधित पोस्ट",  /* hi */
	"संबंधित मजकूर",  /* mr */
	"संबंधित समाचार",  /* hi */
	"संबंधित सामग्री",  /* hi */
	"सम्बन्धित पृष्ठहरू",  /* ne */
	"আরও দেখুন",  /* bn */
	"এই খবর নিয়ে আরো তথ্য",  /* bn */
	"সম্পর্কিত পাতা",  /* bn */
	"সম্পর্কিত বিষয়বস্তু",  /* bn */
	"সম্পৰ্কিত পৃষ্ঠাসমূহ",  /* as */
	"ਸਬੰਧਤ ਸਫ਼ੇ",  /* pa */
	"ಸಮ್ಮಂದದ ಪುಟೊಕುಲು",  /* tcy */
	"ബന്ധപ്പെട്ട താളുകൾ",  /* ml */
	"หน้าที่เกี่ยวข้อง",  /* th */
	"เนื้อหาคล้ายคลึงกัน",  /* th */
	"ၼႃႈလိၵ်ႈ ၸိူဝ်းၵဵဝ်ႇၵပ်းၵၼ်",  /* shn */
	"დაკავშირებული გვერდები",  /* ka */
	"დაკავშირებული ჩანაწერები",  /* ka */
	"ተዛመድቲ ገጻት",  /* ti */
	"あわせて読みたい",  /* ja */
	"おすすめ記事",  /* ja */
	"参见",  /* zh */
	"參見",  /* zh */
	"延伸閱讀",  /* zh */
	"延伸阅读",  /* zh */
	"推荐阅读",  /* zh */
	"推薦閱讀",  /* zh */
	"有拏褦嘅版",  /* yue */
	"猜你喜欢",  /* zh */
	"猜你喜歡",  /* zh */
	"相关",  /* zh */
	"相关內容",  /* zh */
	"相关内容",  /* zh */
	"相关博文",  /* zh */
	"相关推荐",  /* zh */
	"相关文章",  /* zh */
	"相关新闻",  /* zh */
	"相关日志",  /* zh */
	"相关阅读",  /* zh */
	"相关页面",  /* zh */
	"相關",  /* zh */
	"相關內容",  /* zh */
	"相關文章",  /* zh */
	"相關新聞",  /* zh */
	"相關閱讀",  /* zh */
	"相關頁面",  /* zh */
	"类似日志",  /* zh */
	"関連",  /* ja */
	"関連するコンテンツ",  /* ja */
	"関連コンテンツ",  /* ja */
	"関連ニュース",  /* ja */
	"関連ページ",  /* ja */
	"関連投稿",  /* ja */
	"関連記事",  /* ja */
	"関連項目",  /* ja */
	"관련",  /* ko */
	"관련 글",  /* ko */
	"관련 기사",  /* ko */
	"관련 뉴스",  /* ko */
	"관련 콘텐츠",  /* ko */
	"관련 항목",  /* ko */
	"관련기사",  /* ko */
	"관련된 글",  /* ko */
	"관련문서",  /* ko */
};

#endif
