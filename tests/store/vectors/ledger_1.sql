-- A ledger as version 1 left it: a wallet that used 7.83 kWh, one that is frozen, a tariff to come.
-- chain key: d217eef2dee93440b55517192841cca18a66b6f9d4d91145afd50e4b33553a57
-- personal data's key: 36e1b64e102b7fc376fc88c1bd8aaaad291174b04a01c5ae76d9d77011cfcd28
BEGIN TRANSACTION;
CREATE TABLE account (
	id INTEGER NOT NULL, 
	balance INTEGER NOT NULL, 
	PRIMARY KEY (id)
)
 STRICT

;
INSERT INTO "account" VALUES(1,-12000);
INSERT INTO "account" VALUES(32,626);
INSERT INTO "account" VALUES(49,150);
INSERT INTO "account" VALUES(257,9224);
INSERT INTO "account" VALUES(513,2000);
CREATE TABLE binding (
	id TEXT NOT NULL, 
	meter TEXT NOT NULL, 
	wallet TEXT NOT NULL, 
	tariff TEXT NOT NULL, 
	from_register INTEGER NOT NULL, 
	from_at INTEGER NOT NULL, 
	to_register INTEGER, 
	to_at INTEGER, 
	carry INTEGER NOT NULL, 
	PRIMARY KEY (id)
)
 STRICT

;
INSERT INTO "binding" VALUES('m1/1','m1','w1','home',1000000000,1782907200000000,NULL,NULL,0);
CREATE TABLE blind_index (
	kind TEXT NOT NULL, 
	digest BLOB NOT NULL, 
	subject TEXT NOT NULL, 
	PRIMARY KEY (kind, digest, subject)
)
 WITHOUT ROWID,
 STRICT

;
CREATE TABLE card (
	id TEXT NOT NULL, 
	no INTEGER NOT NULL, 
	wallet TEXT NOT NULL, 
	state TEXT NOT NULL, 
	issued_at INTEGER NOT NULL, 
	valid_from INTEGER, 
	valid_until INTEGER, 
	lanes TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	PRIMARY KEY (id)
)
 STRICT

;
CREATE TABLE command_log (
	id INTEGER NOT NULL, 
	target TEXT NOT NULL, 
	action TEXT NOT NULL, 
	at INTEGER NOT NULL, 
	outcome TEXT NOT NULL, 
	outcome_at INTEGER NOT NULL, 
	reason TEXT NOT NULL, 
	actor TEXT NOT NULL, 
	detail TEXT NOT NULL, 
	PRIMARY KEY (id)
)
 STRICT

;
CREATE TABLE credential (
	digest BLOB NOT NULL, 
	kind TEXT NOT NULL, 
	card TEXT NOT NULL, 
	masked TEXT NOT NULL, 
	PRIMARY KEY (digest)
)
 STRICT

;
CREATE TABLE cursor (
	installation TEXT NOT NULL, 
	register INTEGER NOT NULL, 
	at INTEGER NOT NULL, 
	carry INTEGER NOT NULL, 
	PRIMARY KEY (installation)
)
 STRICT

;
INSERT INTO "cursor" VALUES('m1.1',1007833333,1782925500000000,6666400000);
CREATE TABLE idempotency (
	entry INTEGER NOT NULL, 
	"key" BLOB NOT NULL, 
	fingerprint BLOB NOT NULL, 
	PRIMARY KEY (entry), 
	FOREIGN KEY(entry) REFERENCES journal (id)
)
 STRICT

;
INSERT INTO "idempotency" VALUES(5,X'967115A4CED119D4E5D2BAC3474BFB2B',X'495F596D3B0692CF460DFEC2E54904FF');
INSERT INTO "idempotency" VALUES(6,X'EAE1331C973BA7A28CDFAB141140794A',X'BDDFAC59759B587706CEAF95FBF669DF');
INSERT INTO "idempotency" VALUES(13,X'FF0786E4AB221F4D767E273A186063D9',X'849EE970FE608EB2D86C542E9EA38FD9');
INSERT INTO "idempotency" VALUES(14,X'027920408F1769C7BF2FD4BCEF020DEA',X'9D0EF4E3F41823DC4A2E159103923611');
INSERT INTO "idempotency" VALUES(15,X'D31AB4B2617017D00022B26255A268A9',X'AD806E9CBBFA33E196B20AA02820DA26');
CREATE TABLE installation (
	id TEXT NOT NULL, 
	meter TEXT NOT NULL, 
	number INTEGER NOT NULL, 
	serial TEXT NOT NULL, 
	ratio TEXT, 
	from_register INTEGER NOT NULL, 
	from_at INTEGER NOT NULL, 
	to_register INTEGER, 
	to_at INTEGER, 
	reason TEXT NOT NULL, 
	PRIMARY KEY (id)
)
 STRICT

;
INSERT INTO "installation" VALUES('m1.1','m1',1,'A1',NULL,1000000000,1782907200000000,NULL,NULL,'first_reading');
CREATE TABLE journal (
	id INTEGER NOT NULL, 
	incarnation INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	event TEXT NOT NULL, 
	occurred INTEGER NOT NULL, 
	booked INTEGER NOT NULL, 
	actor TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	detail TEXT NOT NULL, 
	reverses INTEGER, 
	hash_version INTEGER NOT NULL, 
	hash BLOB NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(reverses) REFERENCES journal (id)
)
 STRICT

;
INSERT INTO "journal" VALUES(1,1,'policy_set','policy/standard/1',1782907200000000,1782907200000000,'system','','{"changes":{"alert2_minor":"1000","alert_minor":"5000"},"policy":"standard"}',NULL,1,X'D3C45DD7D08D597736170EF239B3267C0934D1B145FC4BCB5BAD2D00F3CC32DA');
INSERT INTO "journal" VALUES(2,1,'tariff_published','tariff/home/1',1782907200000000,1782907200000000,'user:manager','','{"tariff":"home","valid_from":"2026-01-01T00:00:00+00:00"}',NULL,1,X'4F9248C0E57E3D0D4CED64BF0581C5C9055AA0320598E1C629E96514562B4350');
INSERT INTO "journal" VALUES(3,1,'tariff_published','tariff/banded/1',1782907200000000,1782907200000000,'user:manager','','{"tariff":"banded","valid_from":"2026-01-01T00:00:00+00:00"}',NULL,1,X'3A53C8F2613752F96B7E16FF6F0D3CF75FE341DD13AC2511B2C4D684052FD8CC');
INSERT INTO "journal" VALUES(4,1,'tariff_published','tariff/water/1',1782907200000000,1782907200000000,'user:manager','','{"tariff":"water","valid_from":"2026-01-01T00:00:00+00:00"}',NULL,1,X'BB6EB333E4C435BF9DC90C17E34BBA30034ECA804311DDA6165E9B0695286135');
INSERT INTO "journal" VALUES(5,1,'wallet_opened','wallet/w1/opened',1782907200000000,1782907200000000,'user:manager','','{"purpose":"utility","unit":"Flat 1","wallet":"w1"}',NULL,1,X'75D25AD9DE5CDC818DFB8129593A9C500063A3738CD22C4FC4A960C6BE93D8A9');
INSERT INTO "journal" VALUES(6,1,'top_up','topup/cash/receipt 1',1782907200000000,1782907200000000,'user:manager','','{"channel":"cash","wallet":"w1"}',NULL,1,X'832696A13115352DA2E85E8537E06FEEE115A4179F3D0B01AC76BE4B8C25594C');
INSERT INTO "journal" VALUES(7,1,'meter_added','meter/m1/added',1782907200000000,1782907200000000,'user:manager','','{"commodity":"electricity","name":"Meter 1","profile":"acrel_ddsy1352","serial":"A1"}',NULL,1,X'C7F56C928469BB3A16BDF9167BE4128DC0820303BE2755C1304CC7C2F70128D2');
INSERT INTO "journal" VALUES(8,1,'installation','installation/m1.1',1782907200000000,1782907200000000,'system','first_reading','{"register":1000000000,"serial":"A1"}',NULL,1,X'99DF9534C69F3C3E085A1B5A8824D7429BB3F02671F96721AD89786B53E1FB64');
INSERT INTO "journal" VALUES(9,1,'meter_bound','binding/m1/1',1782907200000000,1782907200000000,'user:manager','','{"meter":"m1","register":1000000000,"tariff":"home","wallet":"w1"}',NULL,1,X'720E7055922C354C20E77719CD70F874A48ABD28BACBF8B13B95064B1EA7DB39');
INSERT INTO "journal" VALUES(10,1,'usage','energy/m1.1/1000000000-1006000000',1782921600000000,1782921600000000,'system','','{"carry_from":0,"carry_to":0,"from":"2026-07-01T12:00:00+00:00","from_register":1000000000,"lines":[{"price":800000,"quantity":6000000,"rate":"flat","tariff":"home","tier":0,"version":1}],"meter":"m1","quantity":"energy","tier_from":["",0],"to":"2026-07-01T16:00:00+00:00","to_register":1006000000,"wallet":"w1"}',NULL,1,X'B3D1D413DEB7623AA3F8BB95563136E05C558476852507763F56131D561190B9');
INSERT INTO "journal" VALUES(11,1,'usage','energy/m1.1/1006000000-1007500000',1782925200000000,1782925200000000,'system','','{"carry_from":0,"carry_to":0,"from":"2026-07-01T16:00:00+00:00","from_register":1006000000,"lines":[{"price":800000,"quantity":1500000,"rate":"flat","tariff":"home","tier":0,"version":1}],"meter":"m1","quantity":"energy","tier_from":["2026-07",6000000],"to":"2026-07-01T17:00:00+00:00","to_register":1007500000,"wallet":"w1"}',NULL,1,X'E9BEFF2E9832FC6157CF5002CBB616D0767A53D2F8CC87C428B063E7E4737BE1');
INSERT INTO "journal" VALUES(12,1,'tariff_published','tariff/home/2',1782925200000000,1782925200000000,'user:manager','','{"tariff":"home","valid_from":"2026-07-02T17:00:00+00:00"}',NULL,1,X'F319604B6F14B299099B92F1673CA009063EDC4410645369DB7376E4ED26BAAE');
INSERT INTO "journal" VALUES(13,1,'deduction','deduct/generated-1d4f5f6a2df94d72902f64fc091d3856',1782925200000000,1782925200000000,'user:manager','key','{"wallet":"w1"}',NULL,1,X'DC78800484A41D27B258E8FE017D934DB091686312A82506F2442BB693847FF0');
INSERT INTO "journal" VALUES(14,1,'wallet_opened','wallet/w2/opened',1782925200000000,1782925200000000,'user:manager','','{"purpose":"utility","unit":"Flat 2","wallet":"w2"}',NULL,1,X'051804880F2269D251C05BE40556E1E6832EAEEEAB55BFEBBCD163878E46D7FC');
INSERT INTO "journal" VALUES(15,1,'top_up','topup/cash/receipt 2',1782925200000000,1782925200000000,'user:manager','','{"channel":"cash","wallet":"w2"}',NULL,1,X'659DF584896EC6AF765B8C96944E0F17519BB3244B2B88C0E813FC5859F850E4');
INSERT INTO "journal" VALUES(16,1,'frozen','wallet/w2/frozen',1782925200000000,1782925200000000,'user:manager','dispute','{"wallet":"w2"}',NULL,1,X'25FE5B9E68979B04B25624DE7D3D45C525E5E41B41D0CE4B69C28C7E89B4F3F2');
INSERT INTO "journal" VALUES(17,1,'usage','energy/m1.1/1007500000-1007833333',1782925500000000,1782925620000000,'system','','{"carry_from":0,"carry_to":6666400000,"from":"2026-07-01T17:00:00+00:00","from_register":1007500000,"lines":[{"price":800000,"quantity":333333,"rate":"flat","tariff":"home","tier":0,"version":1}],"meter":"m1","quantity":"energy","tier_from":["2026-07",7500000],"to":"2026-07-01T17:05:00+00:00","to_register":1007833333,"wallet":"w1"}',NULL,1,X'6C6ABD9638AF2644EFA81282D8FB2FD4904A1A8BBB691FE30094DF9BE63BDC8B');
CREATE TABLE meta (
	name TEXT NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY (name)
)
 WITHOUT ROWID,
 STRICT

;
INSERT INTO "meta" VALUES('created','2026-11-22T15:03:29+00:00');
INSERT INTO "meta" VALUES('currency','CNY');
INSERT INTO "meta" VALUES('incarnation','1');
INSERT INTO "meta" VALUES('key_check','0a7b066ca9b39b45c90084ef42658c8d');
INSERT INTO "meta" VALUES('site','0123456789abcdef0123456789abcdef');
CREATE TABLE meter (
	id TEXT NOT NULL, 
	no INTEGER NOT NULL, 
	profile TEXT NOT NULL, 
	serial TEXT NOT NULL, 
	name TEXT NOT NULL, 
	commodity TEXT NOT NULL, 
	quantity TEXT NOT NULL, 
	installation TEXT, 
	max_rate INTEGER NOT NULL, 
	modulus INTEGER, 
	jitter INTEGER NOT NULL, 
	PRIMARY KEY (id)
)
 STRICT

;
INSERT INTO "meter" VALUES('m1',1,'acrel_ddsy1352','A1','Meter 1','electricity','energy','m1.1',10000000,1000000000000,1000);
CREATE TABLE open_doubt (
	id TEXT NOT NULL, 
	meter TEXT NOT NULL, 
	installation TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	cursor_register INTEGER NOT NULL, 
	cursor_at INTEGER NOT NULL, 
	register INTEGER NOT NULL, 
	at INTEGER NOT NULL, 
	expected TEXT NOT NULL, 
	found TEXT NOT NULL, 
	settled_at INTEGER, 
	settled_how TEXT NOT NULL, 
	settled_by TEXT NOT NULL, 
	PRIMARY KEY (id)
)
 STRICT

;
CREATE TABLE passage (
	id INTEGER NOT NULL, 
	lane TEXT NOT NULL, 
	at INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	masked TEXT NOT NULL, 
	card TEXT NOT NULL, 
	entry INTEGER, 
	command INTEGER, 
	actor TEXT NOT NULL, 
	PRIMARY KEY (id)
)
 STRICT

;
CREATE TABLE policy (
	id TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	valid_from INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	alert_minor INTEGER NOT NULL, 
	alert2_minor INTEGER NOT NULL, 
	credit_limit_minor INTEGER NOT NULL, 
	exempt_quota_minor INTEGER NOT NULL, 
	overdraft_limit_minor INTEGER, 
	hysteresis_minor INTEGER NOT NULL, 
	grace_hours INTEGER NOT NULL, 
	no_cut_hours TEXT NOT NULL, 
	no_cut_weekdays TEXT NOT NULL, 
	no_cut_dates TEXT NOT NULL, 
	manual_on TEXT NOT NULL, 
	operations_per_day INTEGER NOT NULL, 
	remind_hours INTEGER NOT NULL, 
	PRIMARY KEY (id, version)
)
 STRICT

;
INSERT INTO "policy" VALUES('standard',1,1782907200000000,'',5000,1000,0,0,NULL,0,24,'[]','[]','[]','off_again',20,24);
CREATE TABLE series (
	name TEXT NOT NULL, 
	last INTEGER NOT NULL, 
	PRIMARY KEY (name)
)
 WITHOUT ROWID,
 STRICT

;
INSERT INTO "series" VALUES('binding',1);
INSERT INTO "series" VALUES('meter',1);
INSERT INTO "series" VALUES('wallet',2);
CREATE TABLE subject (
	id TEXT NOT NULL, 
	sealed_key BLOB NOT NULL, 
	key_version INTEGER NOT NULL, 
	created_at INTEGER NOT NULL, 
	PRIMARY KEY (id)
)
 STRICT

;
CREATE TABLE subject_field (
	subject TEXT NOT NULL, 
	name TEXT NOT NULL, 
	sealed BLOB NOT NULL, 
	PRIMARY KEY (subject, name)
)
 WITHOUT ROWID,
 STRICT

;
CREATE TABLE supply (
	meter TEXT NOT NULL, 
	restore TEXT NOT NULL, 
	cut_by TEXT NOT NULL, 
	verified INTEGER, 
	verified_at INTEGER, 
	state TEXT NOT NULL, 
	hold_on INTEGER, 
	hold_reason TEXT NOT NULL, 
	hold_by TEXT NOT NULL, 
	hold_until INTEGER, 
	lockout_reason TEXT NOT NULL, 
	lockout_by TEXT NOT NULL, 
	protected INTEGER NOT NULL, 
	protected_reason TEXT NOT NULL, 
	protected_until INTEGER, 
	confirmed_at INTEGER, 
	PRIMARY KEY (meter)
)
 STRICT

;
INSERT INTO "supply" VALUES('m1','auto','nothing',NULL,NULL,'unknown',NULL,'','',NULL,'','',0,'',NULL,NULL);
CREATE TABLE tariff_version (
	tariff TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	quantity TEXT NOT NULL, 
	valid_from INTEGER NOT NULL, 
	rates TEXT NOT NULL, 
	otherwise TEXT NOT NULL, 
	bands TEXT NOT NULL, 
	PRIMARY KEY (tariff, version)
)
 STRICT

;
INSERT INTO "tariff_version" VALUES('home',1,'home','energy',1767225600000000,'[{"name":"flat","tiers":[{"price_micro":800000,"up_to":null}]}]','flat','[]');
INSERT INTO "tariff_version" VALUES('banded',1,'banded','energy',1767225600000000,'[{"name":"day","tiers":[{"price_micro":1000000,"up_to":null}]},{"name":"night","tiers":[{"price_micro":250000,"up_to":null}]}]','night','[{"end":"22:00:00","rate":"day","start":"06:00:00","weekdays":[0,1,2,3,4,5,6]}]');
INSERT INTO "tariff_version" VALUES('water',1,'Water','volume',1767225600000000,'[{"name":"flat","tiers":[{"price_micro":2000000,"up_to":10000000},{"price_micro":3000000,"up_to":null}]}]','flat','[]');
INSERT INTO "tariff_version" VALUES('home',2,'home','energy',1783011600000000,'[{"name":"flat","tiers":[{"price_micro":900000,"up_to":null}]}]','flat','[]');
CREATE TABLE tier_count (
	pool TEXT NOT NULL, 
	tariff TEXT NOT NULL, 
	period TEXT NOT NULL, 
	quantity INTEGER NOT NULL, 
	PRIMARY KEY (pool, tariff, period)
)
 STRICT

;
INSERT INTO "tier_count" VALUES('meter/m1','home','2026-07',7833333);
CREATE TABLE transfer (
	entry INTEGER NOT NULL, 
	leg INTEGER NOT NULL, 
	source INTEGER NOT NULL, 
	target INTEGER NOT NULL, 
	amount INTEGER NOT NULL, 
	PRIMARY KEY (entry, leg), 
	CONSTRAINT amount_positive CHECK (amount > 0), 
	CONSTRAINT not_to_itself CHECK (source <> target), 
	FOREIGN KEY(entry) REFERENCES journal (id)
)
 WITHOUT ROWID,
 STRICT

;
INSERT INTO "transfer" VALUES(6,1,1,257,10000);
INSERT INTO "transfer" VALUES(10,1,257,32,480);
INSERT INTO "transfer" VALUES(11,1,257,32,120);
INSERT INTO "transfer" VALUES(13,1,257,49,150);
INSERT INTO "transfer" VALUES(15,1,1,513,2000);
INSERT INTO "transfer" VALUES(17,1,257,32,26);
CREATE TABLE wallet (
	id TEXT NOT NULL, 
	no INTEGER NOT NULL, 
	unit TEXT NOT NULL, 
	purpose TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	policy TEXT NOT NULL, 
	opened_at INTEGER NOT NULL, 
	closed_at INTEGER, 
	exposed INTEGER NOT NULL, 
	subject TEXT NOT NULL, 
	alert_minor INTEGER, 
	credit_limit_minor INTEGER, 
	exempt_quota_minor INTEGER, 
	frozen_at INTEGER, 
	frozen_until INTEGER, 
	frozen_reason TEXT NOT NULL, 
	PRIMARY KEY (id)
)
 STRICT

;
INSERT INTO "wallet" VALUES('w1',1,'Flat 1','utility','individual','standard',1782907200000000,NULL,1,'',NULL,NULL,NULL,NULL,NULL,'');
INSERT INTO "wallet" VALUES('w2',2,'Flat 2','utility','individual','standard',1782925200000000,NULL,1,'',NULL,NULL,NULL,1782925200000000,NULL,'dispute');
CREATE TABLE watch (
	wallet TEXT NOT NULL, 
	low_level INTEGER NOT NULL, 
	low_since INTEGER, 
	low_reminded_at INTEGER, 
	crossed_at INTEGER, 
	warned_at INTEGER, 
	grace_spent_s INTEGER NOT NULL, 
	grace_ended_at INTEGER, 
	PRIMARY KEY (wallet)
)
 STRICT

;
INSERT INTO "watch" VALUES('w1',0,NULL,NULL,NULL,NULL,0,NULL);
INSERT INTO "watch" VALUES('w2',1,NULL,NULL,NULL,NULL,0,NULL);
CREATE TABLE window (
	installation TEXT NOT NULL, 
	from_register INTEGER NOT NULL, 
	from_at INTEGER NOT NULL, 
	to_register INTEGER NOT NULL, 
	to_at INTEGER NOT NULL, 
	carry INTEGER NOT NULL, 
	lines TEXT NOT NULL, 
	period TEXT NOT NULL, 
	tier_quantity INTEGER NOT NULL, 
	PRIMARY KEY (installation)
)
 STRICT

;
INSERT INTO "window" VALUES('m1.1',1007833333,1782925500000000,1007833333,1782925500000000,6666400000,'[]','2026-07',7833333);
CREATE UNIQUE INDEX journal_reverses ON journal (reverses) WHERE reverses IS NOT NULL;
CREATE INDEX credential_card ON credential (card);
CREATE INDEX blind_index_subject ON blind_index (subject);
CREATE INDEX transfer_source ON transfer (source, entry) WHERE source >= 256;
CREATE INDEX transfer_target ON transfer (target, entry) WHERE target >= 256;
CREATE UNIQUE INDEX idempotency_key ON idempotency ("key");
CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal BEGIN SELECT RAISE(ABORT, 'append only: journal'); END;
CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal BEGIN SELECT RAISE(ABORT, 'append only: journal'); END;
CREATE TRIGGER transfer_no_update BEFORE UPDATE ON transfer BEGIN SELECT RAISE(ABORT, 'append only: transfer'); END;
CREATE TRIGGER transfer_no_delete BEFORE DELETE ON transfer BEGIN SELECT RAISE(ABORT, 'append only: transfer'); END;
CREATE TRIGGER idempotency_no_update BEFORE UPDATE ON idempotency BEGIN SELECT RAISE(ABORT, 'append only: idempotency'); END;
CREATE TRIGGER idempotency_no_delete BEFORE DELETE ON idempotency BEGIN SELECT RAISE(ABORT, 'append only: idempotency'); END;
CREATE TRIGGER tariff_version_no_update BEFORE UPDATE ON tariff_version BEGIN SELECT RAISE(ABORT, 'append only: tariff_version'); END;
CREATE TRIGGER tariff_version_no_delete BEFORE DELETE ON tariff_version BEGIN SELECT RAISE(ABORT, 'append only: tariff_version'); END;
CREATE TRIGGER policy_no_update BEFORE UPDATE ON policy BEGIN SELECT RAISE(ABORT, 'append only: policy'); END;
CREATE TRIGGER policy_no_delete BEFORE DELETE ON policy BEGIN SELECT RAISE(ABORT, 'append only: policy'); END;
CREATE TRIGGER journal_in_order BEFORE INSERT ON journal WHEN NEW.id <> (SELECT coalesce(max(id), 0) + 1 FROM journal) BEGIN SELECT RAISE(ABORT, 'out of order: journal'); END;
COMMIT;
PRAGMA application_id = 1347439665;
PRAGMA user_version = 1;
