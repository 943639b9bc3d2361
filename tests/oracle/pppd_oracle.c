/*
 * A pppd plugin that lets the real pppd answer questions about its own parsers, many in one process.
 *
 * $ORACLE_QUESTIONS: records of one letter and the fields that the letter wants, each field a big-endian 32-bit
 * length and that many bytes. $ORACLE_ANSWERS: one line per record, fields in hexadecimal ("-" for an empty one).
 *
 *   W content                    words of a file, by getword(): per word the newline flag and the word
 *   S content client server      chap-secrets is given this content; get_secret() for client and server
 *   O content                    an options file by options_from_file(): status, name, remotename, linkname,
 *                                ipparam, pty
 *   C secret user challenge peer ChapMS2(): NT-Response
 *
 * The declarations follow ppp 2.4.9 (pppd.h) and 2.5 (where some of them are private but still exported).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pppd/pppd.h>

#ifdef PPPD_VERSION
char pppd_version[] = PPPD_VERSION;
#define options_from_file ppp_options_from_file
#else
char pppd_version[] = VERSION;
#endif

#define WORD_SIZE 1024   /* MAXWORDLEN */
#define SECRET_SIZE 1024

extern int getword(FILE *, char *, int *, char *);
extern int get_secret(int, char *, char *, char *, int *, int);
extern void ChapMS2(unsigned char *, unsigned char *, char *, char *, int, unsigned char *, unsigned char *, int);
extern int options_from_file(char *, int, int, int);
extern char our_name[], remote_name[], linkname[];
extern char *ptycommand, *ipparam;

struct field {
	unsigned char *bytes;
	size_t length;
};

static FILE *questions, *answers;

static void fail(const char *what)
{
	fprintf(stderr, "oracle: %s\n", what);
	exit(99);
}

static struct field get_field(void)
{
	struct field f;
	unsigned char head[4];

	if (fread(head, 1, 4, questions) != 4)
		fail("short question");
	f.length = (size_t)head[0] << 24 | head[1] << 16 | head[2] << 8 | head[3];
	f.bytes = calloc(1, f.length + 1);
	if (f.bytes == NULL || fread(f.bytes, 1, f.length, questions) != f.length)
		fail("short field");
	return f;
}

static void put(const void *bytes, size_t length)
{
	const unsigned char *p = bytes;

	if (length == 0)
		fputs("- ", answers);
	for (size_t i = 0; i < length; i++)
		fprintf(answers, "%02x%s", p[i], i + 1 == length ? " " : "");
}

static void put_text(const char *text)
{
	put(text, text == NULL ? 0 : strlen(text));
}

static void write_file(const char *path, struct field content)
{
	FILE *f = fopen(path, "w");

	if (f == NULL || fwrite(content.bytes, 1, content.length, f) != content.length || fclose(f) != 0)
		fail(path);
}

static void answer_words(void)
{
	struct field content = get_field();
	char word[WORD_SIZE];
	int newline;
	FILE *f;

	f = content.length > 0 ? fmemopen(content.bytes, content.length, "r") : fopen("/dev/null", "r");
	if (f == NULL)
		fail("no stream");
	while (getword(f, word, &newline, "words")) {
		put(newline ? "1" : "0", 1);
		put_text(word);
	}
	fclose(f);
}

static void answer_secret(void)
{
	struct field content = get_field(), client = get_field(), server = get_field();
	char secret[SECRET_SIZE];
	int length = 0;

	write_file("/etc/ppp/chap-secrets", content);
	if (get_secret(0, (char *)client.bytes, (char *)server.bytes, secret, &length, 0))
		put(secret, (size_t)length);
	else
		fputs("none ", answers);
}

static void answer_options(void)
{
	struct field content = get_field();
	int ok;

	our_name[0] = remote_name[0] = linkname[0] = 0;
	ptycommand = ipparam = NULL;
	write_file("/etc/ppp/peers/question", content);
	ok = options_from_file("/etc/ppp/peers/question", 1, 0, 1);
	put(ok ? "1" : "0", 1);
	put_text(our_name);
	put_text(remote_name);
	put_text(linkname);
	put_text(ipparam);
	put_text(ptycommand);
}

static void answer_chap(void)
{
	struct field secret = get_field(), user = get_field(), challenge = get_field(), peer = get_field();
	unsigned char response[49], authenticator[41];

	if (challenge.length != 16 || peer.length != 16)
		fail("challenges have 16 bytes");
	ChapMS2(challenge.bytes, peer.bytes, (char *)user.bytes, (char *)secret.bytes, (int)secret.length, response,
		authenticator, 0);
	put(response + 24, 24);
}

void plugin_init(void)
{
	int letter;

	questions = fopen(getenv("ORACLE_QUESTIONS"), "r");
	answers = fopen(getenv("ORACLE_ANSWERS"), "w");
	if (questions == NULL || answers == NULL)
		fail("no questions or answers file");
	while ((letter = getc(questions)) != EOF) {
		switch (letter) {
		case 'W': answer_words(); break;
		case 'S': answer_secret(); break;
		case 'O': answer_options(); break;
		case 'C': answer_chap(); break;
		default: fail("unknown question");
		}
		putc('\n', answers);
	}
	if (fclose(answers) != 0)
		fail("answers");
	exit(0);
}
