"""The sample network's organisations, all invented; each has a domain of its own under ".example"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class SampleOrganisation:
    """`kind`: government, un, civil-society, business or research. `tier`: strategic, full or associate."""

    name: str
    kind: str
    country: str
    tier: str
    domain: str


# country, kind, tier, domain before ".example", name
_TABLE: Final = """
CN government strategic greenbuying.gov.cn 国家绿色采购示范办公室
CN government strategic scp-centre.gov.cn 可持续消费与生产促进中心
CN government full ecolabel.gov.cn 环境标识推广中心
CN government full donghai-buy.gov.cn 东临市公共采购服务中心
CN government full yunling-eco.gov.cn 云岭省生态与资源局
CN government associate nanpu-buildings.gov.cn 南浦市绿色建筑管理处
CN research strategic lcbuying.ac.cn 低碳采购研究院
CN research full jiangpan.edu.cn 江畔大学循环经济研究所
CN research full beishan.edu.cn 北山理工大学可持续设计中心
CN research associate foodfuture.ac.cn 未来粮食体系研究中心
CN civil-society full greenlife.org.cn 青禾绿色生活促进会
CN civil-society full consumers.org.cn 明鉴消费者信息协会
CN civil-society associate slowtravel.org.cn 慢行可持续旅游联盟
CN civil-society associate refill.org.cn 再续资源志愿者网络
CN business full lvzhou.com.cn 绿舟供应链管理有限公司
CN business full zhuwei.com.cn 筑微节能建筑股份有限公司
CN business associate qinghe-food.com.cn 清和食品集团
CN business associate xunhuan-pack.com.cn 循环包装科技有限公司
SG government full responsible-buying.gov.sg Responsible Buying Unit, Singapore
SG business associate tidewater.com.sg 潮汐可持续咨询（新加坡）有限公司
MY government full green-tenders.gov.my Green Tenders Division, Malaysia
MY civil-society associate rimba.org.my 雨林绿色生活协会
FR government strategic achats-durables.gouv.fr Délégation aux achats durables
FR research full ressources.ac.fr Institut des ressources partagées
FR business associate boucle.fr Coopérative La Boucle
CA government full sustainable-purchasing.gc.ca Sustainable Purchasing Bureau / Bureau des achats durables
CA civil-society full boreal.ca Réseau boréal de la réparation
BE government full achats.gouv.be Cellule fédérale des achats circulaires
BE research associate kringloop.be Kringloop Policy Lab
CH government full beschaffung.admin.ch Fachstelle für nachhaltige Beschaffung
CH un strategic purchasing-desk.int.ch United Nations Purchasing Practice Desk, Geneva
SN government strategic achats.gouv.sn Agence sénégalaise des achats responsables
SN civil-society associate teranga-verte.sn Association Teranga verte
CI government full commande.gouv.ci Direction de la commande publique durable, Abidjan
ML government associate environnement.gouv.ml Cellule de l’économie circulaire du Mali
BF government associate achats.gouv.bf Bureau burkinabè des achats verts
CM government full ressources.gouv.cm Centre camerounais de l’efficacité des ressources
MA government full transition.gouv.ma Agence marocaine de la consommation durable
MA research associate atlas-scp.ac.ma Institut Atlas de la production propre
TN government full production-propre.gouv.tn Centre tunisien de la production sobre
DZ government associate ressources.gouv.dz Observatoire algérien des ressources
MG government associate tontolo.gouv.mg Direction de la consommation durable de Madagascar
HT government associate environnement.gouv.ht Bureau haïtien des achats responsables
TG government associate achats.gouv.tg Cellule togolaise des marchés durables
BJ government associate marches.gouv.bj Agence béninoise des marchés durables
GB government strategic sustainable-supply.gov.uk Office for Sustainable Supply
GB research full hathersage.ac.uk Hathersage Institute for Material Flows
GB civil-society full mendwell.org.uk The Mendwell Trust
US government full responsible-purchasing.gov.us Responsible Purchasing Clearing House
US un strategic scp-liaison.int.us United Nations Liaison Desk on Consumption and Production, New York
US research full tallgrass.edu.us Tallgrass College of Public Buying
US business associate millbrook.com.us Millbrook Reusables Inc.
IE government full green-contracts.gov.ie Green Contracts Office, Ireland
AU government full better-buying.gov.au Better Buying Taskforce, Australia
AU civil-society associate wattle.org.au Wattle Street Repair Federation
NZ government full procurement-futures.govt.nz Procurement Futures Unit, New Zealand
IN government strategic green-purchase.gov.in Green Purchase Cell, India
IN research full sahyadri.ac.in Sahyadri Centre for Sustainable Lifestyles
IN business full nirmal-textiles.co.in Nirmal Textiles Cooperative
KE government strategic public-buying.go.ke Public Buying Standards Office, Kenya
KE un strategic scp-africa.int.ke United Nations Sustainable Production Desk, Nairobi
KE civil-society full baobab.or.ke Baobab Kitchens Alliance
NG government full clean-contracts.gov.ng Clean Contracts Secretariat, Nigeria
NG business associate harmattan.com.ng Harmattan Solar Works
GH government full green-tender.gov.gh Green Tender Unit, Ghana
GH civil-society associate kente.org.gh Kente Circle Makers’ Union
ZA government strategic resource-use.gov.za Office for Efficient Resource Use, South Africa
ZA research full karoo.ac.za Karoo School of Public Procurement
ET government full eco-industry.gov.et Eco-Industry Directorate, Ethiopia
TZ government associate green-buying.go.tz Green Buying Unit, Tanzania
RW government full circular.gov.rw Circular Public Works Office, Rwanda
BR government strategic compras-verdes.gov.br Secretaria de Compras Verdes
BR business full jequitiba.com.br Jequitibá Madeiras Certificadas
MX government full compras.gob.mx Oficina de Compras Responsables de México
MX civil-society associate milpa.org.mx Red Milpa de Alimentos Sostenibles
AR government full consumo.gob.ar Dirección de Consumo Sostenible, Argentina
CL government full compras.gob.cl Unidad de Compras Circulares de Chile
CL un full scp-lac.int.cl United Nations Resource Efficiency Desk, Santiago
CO government full negocios-verdes.gov.co Programa Colombiano de Contratación Verde
PE government associate recursos.gob.pe Oficina Peruana de Eficiencia de Recursos
CR government strategic sello.go.cr Dirección del Sello Turístico Verde, Costa Rica
CR business associate quetzal.co.cr Quetzal Lodges
DE government strategic beschaffung-zukunft.bund.de Kompetenzstelle Zukunftsbeschaffung
DE research full stoffkreis.de Stoffkreis-Institut für Ressourcenpolitik
DE business full lindenwerk.de Lindenwerk Möbelrecycling GmbH
NL government full inkoop.overheid.nl Bureau Circulair Inkopen
NL business associate fairgate.nl Fairgate Electronics Cooperative
SE government full hallbara-inkop.se Samordningen för hållbara inköp
SE civil-society associate nordvind.se Nordvind Konsumentråd
DK government full groenne-indkoeb.dk Kontoret for grønne indkøb
FI government full kestavat-hankinnat.fi Kestävien hankintojen toimisto
ES government full contratacion-verde.gob.es Oficina de Contratación Verde de España
ES business associate solera.es Solera Turismo Responsable
PT government associate compras-sustentaveis.gov.pt Gabinete de Compras Sustentáveis
IT government full acquisti-verdi.gov.it Ufficio Acquisti Verdi
IT research associate ponteverde.ac.it Centro Ponteverde per i Consumi Responsabili
PL government associate zielone-zakupy.gov.pl Biuro Zielonych Zakupów
JP government strategic green-supply.go.jp Green Supply Promotion Office, Japan
JP business full komorebi.co.jp Komorebi Housing Materials
KR government full eco-choice.go.kr Eco Choice Agency, Republic of Korea
KR research associate hangang.ac.kr Han River Institute of Clean Production
VN government full san-xuat-xanh.gov.vn Green Production Office, Viet Nam
TH government full green-choice.go.th Green Choice Bureau, Thailand
TH un full scp-asia.int.th United Nations Sustainable Lifestyles Desk, Bangkok
TH business associate lotus-stays.co.th Lotus River Stays
ID government full hijau.go.id Directorate for Green Consumption, Indonesia
ID civil-society associate sagu.or.id Sagu Food Heritage Network
PH government full green-barangay.gov.ph Green Barangay Programme Office
PH business associate bayanihan.com.ph Bayanihan Refill Stations
BD government associate clean-production.gov.bd Clean Production Cell, Bangladesh
LK government associate sustainable-use.gov.lk Sustainable Use Secretariat, Sri Lanka
EG government full green-economy.gov.eg Green Purchasing Unit, Egypt
EG un full scp-arab.int.eg United Nations Clean Production Desk, Cairo
JO government associate resources.gov.jo Resource Stewardship Office, Jordan
TR government full surdurulebilir.gov.tr Office for Sustainable Production, Türkiye
TR business associate zeytin.com.tr Zeytin Reclaimed Building Materials
KZ government associate zhasyl.gov.kz Zhasyl Purchasing Centre, Kazakhstan
FJ government associate blue-pacific.gov.fj Island Tourism Stewardship Office, Fiji
JM government associate island-buying.gov.jm Island Purchasing Office, Jamaica
JM civil-society associate blue-mountain.org.jm Blue Mountain Consumers’ League
"""


def sample_organisations() -> tuple[SampleOrganisation, ...]:
    organisations = []
    for line in _TABLE.strip().splitlines():
        country, kind, tier, domain, name = line.split(maxsplit=4)
        organisations.append(SampleOrganisation(name, kind, country, tier, f"{domain}.example"))
    return tuple(organisations)
