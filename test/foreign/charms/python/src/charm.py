#!/usr/bin/env python3
"""Every hook looks at all there is and mends what is missing."""

import logging
import secrets

import ops

logger = logging.getLogger(__name__)


class Almanac(ops.CharmBase):
    """Gives pages once there is a press to print them."""

    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        page = self.on['page']
        press = self.on['press']
        events = [
            self.on.leader_elected,
            self.on.config_changed,
            self.on.update_status,
            page.relation_changed,
            page.relation_broken,
            press.relation_created,
            press.relation_broken,
        ]
        for event in events:
            framework.observe(event, self._reconcile)

    def _reconcile(self, event: ops.EventBase):
        breaking = event.relation if isinstance(event, ops.RelationBrokenEvent) else None
        is_ready = any(press != breaking for press in self.model.relations['press'])
        if self.unit.is_leader():
            live = [page for page in self.model.relations['page'] if page != breaking and page.app]
            for relation in live if is_ready else []:
                self._answer(relation)
            self._purge({f'page.{relation.id}' for relation in live})
        self.unit.status = ops.ActiveStatus() if is_ready else ops.WaitingStatus('no press yet')

    def _answer(self, relation: ops.Relation):
        title = relation.data[relation.app].get('title')
        if not title:
            return
        label = f'page.{relation.id}'
        try:
            secret = self.model.get_secret(label=label)
        except ops.SecretNotFoundError:
            password = secrets.token_hex(12)
            secret = self.app.add_secret({'password': password}, label=label)
        secret.grant(relation)
        paper = str(self.config['paper'])
        relation.data[self.app].update({'title': title, 'paper': paper, 'secret': secret.id or ''})

    def _purge(self, live: set[str]):
        """A secret whose relation is gone has nobody who reads it."""
        kept = self.model.get_relation('almanacs')
        if kept is None:
            return
        labels = set(filter(None, kept.data[self.app].get('pages', '').split()))
        for label in labels - live:
            try:
                self.model.get_secret(label=label).remove_all_revisions()
            except ops.SecretNotFoundError:
                pass
        kept.data[self.app]['pages'] = ' '.join(sorted(live))


if __name__ == '__main__':
    ops.main(Almanac)
