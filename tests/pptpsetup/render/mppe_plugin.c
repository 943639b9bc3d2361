/* A pppd plugin that prints which strengths of MPPE pppd would offer and take, and ends. */
#include <stdio.h>
#include <stdlib.h>
#include <pppd/pppd.h>
#include <pppd/fsm.h>
#include <pppd/ccp.h>

char pppd_version[] = VERSION;

void plugin_init(void)
{
    printf("want=%d allow=%d\n", ccp_wantoptions[0].mppe, ccp_allowoptions[0].mppe);
    exit(0);
}
